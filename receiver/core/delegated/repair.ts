import type { AppSpec } from '../app.ts'
import { lineOf } from '../log.ts'
import type { LookAgain } from '../rollout.ts'
import { standingBefore } from './abandon.ts'
import { movedFrom } from './moved.ts'
import { orderOf } from './order-of.ts'
import type { Journal } from '../journal.ts'
import type { OrderStatus } from './orchestrator.ts'
import type { DelegatedPorts } from './ports.ts'
import { runsLive } from './runs-live.ts'

/**
 * Looks after an app between deployments. The orchestrator keeps it running; what is left is to let visitors in, to renew what ends with
 * time, and to tell when it runs something else than what was deployed: whoever changed that is not overruled.
 */
export async function repair<App extends AppSpec>(
  app: App,
  ports: DelegatedPorts<App>,
  told: Map<string, string>,
  signal: AbortSignal,
): Promise<LookAgain> {
  const { orchestrator, journal, visitors, report } = ports
  if (journal.next(app.name)?.deployment.status === 'running') return undefined
  await visitors.arrive(app)
  await orchestrator.removeCommands(app)
  const status = await orchestrator.status(app)
  if (status.image !== undefined && status.updated + status.old > 0) visitors.letIn(app.name)
  const live = journal.live(app.name)
  const isLive = live !== undefined && runsLive(status, live)
  const failed = isLive ? undefined : journal.find(app.name, status.generation ?? 0)
  if (failed?.deployment.status === 'failed') {
    // it could not be taken back when it failed
    const said = `${failed.deployment.id} failed and still stands`
    if (told.get(app.name) !== said) {
      report('what failed still stands: taking it back', lineOf(failed.deployment))
    }
    told.set(app.name, said)
    await orchestrator.undo(orderOf(app, failed), standingBefore(app, failed, ports), signal)
    return UNDONE_MS
  }
  if (live === undefined) return undefined
  if (!isLive) {
    const drift = driftOf(app, status, journal)
    if (told.get(app.name) !== drift) report(drift, lineOf(live.deployment))
    told.set(app.name, drift)
    // what somebody else ordered is theirs, with its credentials
    return undefined
  }
  told.delete(app.name)
  return orchestrator.refresh(app, signal)
}

/** Until it is looked at again whether that was taken back. */
const UNDONE_MS = 30_000

/** That what runs is not what is live by the record. */
export function driftOf(
  spec: AppSpec,
  { image, generation = 0 }: Pick<OrderStatus, 'image' | 'generation'>,
  journal: Pick<Journal, 'find' | 'live' | 'settings'>,
): string {
  const { name: app } = spec
  const moved = movedFrom(spec, journal)
  if (moved !== undefined) {
    const there = image === undefined ? 'is not there yet' : `runs ${image}`
    return `${moved}; the latter ${there}: deploy-receiver deploy ${app} has it run what was live`
  }
  if (image === undefined) {
    return `${app} is gone from its orchestrator: deploy-receiver deploy ${app} has it back`
  }
  const remedy = `deploy-receiver restart ${app} has it run what was live`
  const { id, status } = journal.find(app, generation)?.deployment ?? {}
  if (status === 'failed') {
    return `${app} runs ${image} of ${id}, which failed and could not be taken back yet; ${remedy}`
  }
  if (id !== undefined) {
    return `${app} runs ${image} of ${id} again: somebody took it back; ${remedy}`
  }
  return `${app} runs ${image}, which was not deployed here: somebody changed it (by docker stack deploy or kubectl, for one); ${remedy}`
}
