import type { DeploymentError } from '../../../protocol/deployment.ts'
import { type AppSpec, engineOf, withSettings } from '../app.ts'
import { DeployError, describeError } from '../errors.ts'
import type { StoredDeployment } from '../journal.ts'
import { goingBackMs } from './limits.ts'
import { orderOf } from './order-of.ts'
import { lookIfThere, whenThere } from './look.ts'
import type { Order, OrderStatus } from './orchestrator.ts'
import type { DelegatedPorts } from './ports.ts'

const LOOK_MS = 500
const HELD_MS = 15_000
const UNANSWERED_MS = 15_000

/**
 * Takes a failed deployment back: what stood before runs again, by the orchestrator's own doing or by our word, and is waited for. What
 * somebody else put in its place stays. Resolves to why it failed, what runs now, and what is wrong with going back.
 */
export async function abandon<App extends AppSpec>(
  app: App,
  stored: StoredDeployment,
  ports: DelegatedPorts<App>,
  signal: AbortSignal,
): Promise<DeploymentError | undefined> {
  const { orchestrator, journal, clock } = ports
  const patience = { clock, end: clock.ms() + goingBackMs(app), signal }
  const { error, live_at, previous } = stored.deployment
  await orchestrator.removeCommands(app)
  if (error?.code === 'changed_elsewhere') return error
  const { generation, phase } = await whenThere(() => orchestrator.status(app), patience)
  const stands = generation === stored.generation
  if (!stands && !wasOrdered(stored)) return error
  if (!stands && isUnanswered(error?.code) && !(await comesToStand(app, stored, ports, signal))) {
    return error
  }
  try {
    const before = standingBefore(app, stored, ports)
    if (stands && phase !== 'undoing') {
      const order = orderOf(app, stored)
      await whenThere(() => orchestrator.undo(order, before, signal), patience)
    }
    const { image } = await untilBack(app, stored, ports, signal)
    const now = image === undefined ? 'nothing of it is left' : `${image} runs again`
    const told = { message: `${error?.message ?? 'it failed'}; ${now}` }
    if (live_at === undefined) return { code: 'rollout_failed', ...error, ...told }
    if (previous === undefined) journal.setNothingLive(app.name)
    else journal.setLive(app.name, previous.deployment)
    return { ...error, ...told, code: 'rolled_back' }
  } catch (cause) {
    signal.throwIfAborted()
    const { message, hint = 'see what runs now, and deploy or roll back by hand' } =
      describeError(cause)
    return {
      ...error,
      code: 'undo_failed',
      message: `${error?.message ?? 'it failed'}; going back failed, too: ${message}`,
      hint,
    }
  }
}

/** One that was refused, or never came to be told, has nothing to be taken back. */
const wasOrdered = ({ deployment: { steps, error } }: StoredDeployment): boolean =>
  steps.some(
    ({ name, status }) => name === 'apply' && (status === 'succeeded' || isUnanswered(error?.code)),
  )

/** What nobody answered to may be taken a moment later. */
async function comesToStand<App extends AppSpec>(
  app: App,
  stored: StoredDeployment,
  { orchestrator, clock }: DelegatedPorts<App>,
  signal: AbortSignal,
): Promise<boolean> {
  const isDone = stored.deployment.steps.some(
    ({ name, status }) => name === 'apply' && status === 'succeeded',
  )
  const end = clock.ms() + UNANSWERED_MS
  while (!isDone && clock.ms() < end) {
    if ((await lookIfThere(app, orchestrator))?.generation === stored.generation) return true
    await clock.sleep(LOOK_MS, signal)
  }
  return isDone
}

/** Then it may have been taken all the same. */
const isUnanswered = (code: string | undefined) =>
  code === 'engine_unreachable' || code === 'timed_out'

/** Looks on until nothing of this deployment runs any more, and all of what was before. Throws when that does not come. */
async function untilBack<App extends AppSpec>(
  app: App,
  stored: StoredDeployment,
  { orchestrator, clock }: DelegatedPorts<App>,
  signal: AbortSignal,
): Promise<OrderStatus> {
  const end = clock.ms() + goingBackMs(app)
  let heldMs: number | undefined
  for (;;) {
    const status = await lookIfThere(app, orchestrator)
    if (status === undefined) {
      if (clock.ms() >= end) throw new DeployError('undo_failed', 'what runs it does not answer')
      await clock.sleep(LOOK_MS, signal)
      continue
    }
    const { phase, generation, updated, wanted, old, says, waits, failures } = status
    if (phase === 'absent') return status
    const isBack = generation !== stored.generation
    if (isBack && phase !== 'updating' && updated >= wanted && old === 0) return status
    const failed = failures.find((each) => each.generation === generation)
    const isHeld = isBack && (phase === 'stuck' || phase === 'paused')
    heldMs = isHeld ? (heldMs ?? clock.ms()) : undefined
    // right after it was told it may still say so of what failed
    if (heldMs !== undefined && clock.ms() - heldMs >= HELD_MS) {
      const why = failed === undefined ? '' : `on ${failed.where}: ${failed.message}; `
      throw new DeployError('undo_failed', `${why}${says ?? 'it goes no further'}`)
    }
    if (clock.ms() >= end) {
      const waiting = waits === undefined ? '' : `; ${waits}`
      throw new DeployError(
        'undo_failed',
        `${updated} of ${wanted} run what was before after ${goingBackMs(app) / 1000} s${waiting}`,
      )
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** The order of what was live before, with the settings that it ran with. */
export function standingBefore<App extends AppSpec>(
  app: App,
  { deployment }: StoredDeployment,
  { journal }: Pick<DelegatedPorts<App>, 'journal'>,
): Order<App> | undefined {
  const live = journal.live(app.name)
  const wasLive = live?.deployment.id === deployment.id
  const id = wasLive ? deployment.previous?.deployment : live?.deployment.id
  const before = id === undefined ? undefined : journal.get(id)
  if (before?.deployment.image.digest === undefined) return undefined
  const settings = journal.settings(before.deployment.id)
  // of when something else ran it
  if (settings !== undefined && engineOf(settings) !== app.engine) return undefined
  return orderOf(withSettings(app, settings), before)
}
