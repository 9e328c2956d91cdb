import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import { inBrief, kindsOf, type News } from './news.ts'
import type { Outbox } from './outbox.ts'
import { heardBy, type Target } from './target.ts'

/**
 * Puts the end of a deployment into the outbox, for each target that wants to hear of it. It belongs into the transaction of the event.
 * @param recent the app's deployments, the newest first, read as they are taken
 */
export function announceEnd(
  deployment: Deployment,
  event: DeploymentEvent,
  {
    outbox,
    targets,
    recent,
  }: {
    outbox: Pick<Outbox, 'add'>
    targets: readonly Target[]
    recent: (app: string) => Iterable<Deployment>
  },
): void {
  if (event.type !== 'finished' || targets.length === 0) return
  const { id, app } = deployment
  const kinds = kindsOf(deployment, endedBefore(id, recent(app)))
  for (const target of targets) {
    const kind = heardBy(target, kinds, app)
    if (kind === undefined) continue
    const news: News = { kind, at: event.at, deployment: inBrief(deployment) }
    outbox.add({ target: target.name, news: `end of ${id}`, content: news, at: event.at })
  }
}

/** The deployment that ended before this one, of those that ran. */
function endedBefore(id: string, newestFirst: Iterable<Deployment>): Deployment | undefined {
  let isBefore = false
  for (const each of newestFirst) {
    if (isBefore && (each.status === 'succeeded' || each.status === 'failed')) return each
    if (each.id === id) isBefore = true
  }
  return undefined
}
