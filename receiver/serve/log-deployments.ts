import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { showDuration } from '../../protocol/duration.ts'
import { formatImage } from '../../protocol/image-reference.ts'
import { defined } from '../core/defined.ts'
import type { Listener } from '../core/listeners.ts'
import { lineOf, type Log } from '../core/log.ts'

/** One line in the log for each step of a deployment, and for its end; what its container said stays in its record. */
export const logDeployments =
  (log: Log): Listener =>
  (deployment, event) => {
    const of = lineOf(deployment)
    switch (event.type) {
      case 'started':
        return log('info', `${deployment.action} begins`, { ...of, image: imageOf(deployment) })
      case 'step':
        return logStep(log, of, event)
      case 'progress':
        // a pull tells its bytes again and again
        if (event.total !== undefined) return undefined
        return log('debug', `${event.step} goes on`, { ...of, detail: event.message })
      case 'finished':
        return logEnd(log, of, deployment)
      case 'image':
      case 'live':
        return undefined
    }
  }

function logStep(log: Log, of: object, event: DeploymentEvent & { type: 'step' }): void {
  const { step, status, ms, message, error } = event
  if (status === 'running') return log('debug', `${step} begins`, { ...of, step })
  const took =
    ms === undefined ? '' : ` ${status === 'failed' ? 'after' : 'in'} ${showDuration(ms)}`
  const words = `${step} ${status === 'failed' ? 'failed' : 'done'}${took}`
  if (status === 'succeeded') return log('info', words, { ...of, detail: message, step, ms })
  // why a deployment failed is in the line of its end
  const why = error === undefined ? { reason: message } : { code: error.code }
  return log('warn', words, { ...of, ...why, step, ms })
}

function logEnd(log: Log, of: object, deployment: Deployment): void {
  const { status, action, image, error, started_at: from, finished_at: to } = deployment
  const ms = from === undefined || to === undefined ? undefined : Date.parse(to) - Date.parse(from)
  const took =
    ms === undefined ? '' : ` ${status === 'failed' ? 'after' : 'in'} ${showDuration(ms)}`
  const details = { ...of, action, digest: image.digest, ms }
  if (status !== 'failed') return log('info', `deployment ${status}${took}`, details)
  const { code, message: reason, log: printed } = error ?? {}
  const show =
    printed === undefined ? undefined : `deploy-receiver show ${deployment.id} has its log`
  const hint = [error?.hint, show].filter((each) => each !== undefined).join('; ')
  log('error', `deployment failed${took}`, {
    ...details,
    code,
    reason,
    ...(hint === '' ? {} : { hint }),
  })
}

/** What it is to run, as far as that is known when it begins. */
const imageOf = ({ image: { repository, tag, digest } }: Deployment): string =>
  formatImage({ repository, ...defined({ tag, digest }) })
