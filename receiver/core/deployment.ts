import type { Deployment, DeploymentEvent, Step } from '../../protocol/deployment.ts'
import { isFinal } from '../../protocol/deployment.ts'
import { defined } from './defined.ts'

/** Folds one event into a deployment. A final deployment never changes. */
export function apply(deployment: Deployment, event: DeploymentEvent): Deployment {
  if (isFinal(deployment.status)) return deployment
  switch (event.type) {
    case 'started':
      return { ...deployment, status: 'running', started_at: deployment.started_at ?? event.at }
    case 'image':
      return {
        ...deployment,
        image: { ...deployment.image, digest: event.digest },
        ...(event.previous === undefined ? {} : { previous: event.previous }),
      }
    case 'step':
      return {
        ...deployment,
        steps: withStep(deployment.steps, event),
        ...(event.error === undefined ? {} : { error: event.error }),
      }
    case 'progress':
      return event.url === undefined && event.no_https === undefined
        ? deployment
        : { ...deployment, ...defined({ url: event.url, no_https: event.no_https }) }
    case 'live':
      return { ...deployment, live_at: deployment.live_at ?? event.at }
    case 'finished':
      return {
        ...deployment,
        status: event.status,
        finished_at: event.at,
        ...(event.error === undefined ? {} : { error: event.error }),
      }
  }
}

/** A step that runs again after a restart replaces its earlier entry. */
function withStep(steps: Step[], event: DeploymentEvent & { type: 'step' }): Step[] {
  const earlier = steps.find((step) => step.name === event.step)
  const step: Step = {
    name: event.step,
    status: event.status,
    started_at: event.status === 'running' ? event.at : (earlier?.started_at ?? event.at),
    ...(event.ms === undefined ? {} : { ms: event.ms }),
  }
  return earlier === undefined
    ? [...steps, step]
    : steps.map((each) => (each === earlier ? step : each))
}
