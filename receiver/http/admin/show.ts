import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import type { AuditEntry } from '../../core/intake/audit.ts'
import { type PlaceInHistory, placeInHistory } from '../../core/place-in-history.ts'
import { deploymentNamed, type FindServices } from './find.ts'

export interface ShowServices extends FindServices {
  archive: FindServices['archive'] & {
    live(app: string): { deployment: Deployment } | undefined
    events(id: string, after: number): { event: DeploymentEvent }[]
    /** Newest first; `before` is a deployment's id. */
    list(app: string, page: { limit: number; before: string }): Deployment[]
    /** Those of its app that came after it, the oldest first, read as they are taken. */
    newer(deployment: Pick<Deployment, 'id' | 'app'>): Iterable<Deployment>
  }
  audit: {
    /** The entry of the request that a deployment came of. */
    of(deployment: Pick<Deployment, 'id' | 'app' | 'created_at'>): AuditEntry | undefined
  }
}

/** All that is known of a deployment. */
export interface Shown extends PlaceInHistory {
  deployment: Deployment
  live: boolean
  /** Its steps, with what each one said of itself. */
  steps: (Deployment['steps'][number] & { message?: string })[]
  /** What the app said last when it was asked for its health. */
  last_answer?: string
  /** Who asked for it, as far as that is known still. */
  asked: AuditEntry | null
}

/** `GET /show/{deployment}`: a deployment by its id or the beginning of that, with all that is known of it. */
export function show(id: string, { archive, audit, apps }: ShowServices): Shown {
  const deployment = deploymentNamed(id, { archive, apps })
  const events = archive.events(deployment.id, 0).map(({ event }) => event)
  const [before] = archive.list(deployment.app, { limit: 1, before: deployment.id })
  const lastAnswer = events.findLast(
    (event) => event.type === 'progress' && ASKING.has(event.step),
  ) as (DeploymentEvent & { type: 'progress' }) | undefined
  return {
    deployment,
    live: archive.live(deployment.app)?.deployment.id === deployment.id,
    steps: deployment.steps.map((step) => {
      const message = saidBy(step.name, events)
      return { ...step, ...(message === undefined ? {} : { message }) }
    }),
    ...(lastAnswer === undefined ? {} : { last_answer: lastAnswer.message }),
    asked: audit.of(deployment) ?? null,
    ...placeInHistory(deployment, { before, newer: archive.newer(deployment) }),
  }
}

/** The steps in which an app is asked for its health. */
const ASKING: ReadonlySet<string> = new Set(['health', 'watch'])

/** What it said at its end; of one that runs, what it waits for. */
function saidBy(step: string, events: readonly DeploymentEvent[]): string | undefined {
  const last = events.findLast(
    (event) => (event.type === 'step' || event.type === 'progress') && event.step === step,
  )
  return last?.type === 'step' || last?.type === 'progress' ? last.message : undefined
}
