import type { FinalStatus } from '../../../protocol/deployment.ts'
import type { AppSpec } from '../app.ts'
import { observe } from './observe.ts'
import { isLive, others, own } from './next-step.ts'
import type { Container, Ports, StoredDeployment } from '../ports.ts'
import { prune } from '../image/prune.ts'
import { unpause } from './unpause.ts'
import { inParallel } from './in-parallel.ts'

/** Ends a failed deployment: swaps back when it was live and the old container still runs, and removes the new one. */
export async function abandon(
  app: AppSpec,
  stored: StoredDeployment,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  let error = stored.deployment.error
  const world = await observe(app, ports)
  const failed = own(stored, world)
  const swapped = stored.deployment.live_at !== undefined || isLive(stored, world)
  const recreate = app.strategy === 'recreate'
  const standing = others(stored, world).filter(({ running }) => running || recreate)
  const [old] = standing
  const removeFailed = async () => {
    // with nothing to swap back to, what is live stays
    if (swapped && old === undefined) return
    await inParallel(failed, signal, ({ name }) =>
      ports.engine.remove(name, { graceMs: app.container.stopGraceMs }),
    )
  }
  // the two cannot run side by side
  if (recreate) await removeFailed()
  const still = standing.filter(({ running }) => !running)
  await inParallel(still, signal, ({ name }) => ports.engine.startAgain(name))
  if (swapped && old !== undefined) {
    swapBack(app, stored, old, ports)
    error = {
      ...error,
      code: 'rolled_back',
      message: `${error?.message ?? 'it failed'}; swapped back to ${old.digest}`,
    }
  }
  if (old !== undefined) await unpause(app, old, ports, signal)
  if (!recreate) await removeFailed()
  // this one may be tried again soon
  await prune(app, ports, stored.deployment.image.digest)
  finish(stored, 'failed', ports, error)
}

function swapBack(app: AppSpec, { deployment }: StoredDeployment, old: Container, ports: Ports) {
  ports.slots.makeLive(app.name, old.slot)
  if (deployment.previous !== undefined) {
    ports.journal.setLive(app.name, deployment.previous.deployment)
  }
}

/** Its final status, with the reason of a failure. */
export function finish(
  { deployment }: StoredDeployment,
  status: FinalStatus,
  ports: Pick<Ports, 'journal' | 'clock'>,
  error = deployment.error,
): void {
  ports.journal.append(deployment.id, {
    type: 'finished',
    at: ports.clock.now(),
    status,
    ...(error === undefined ? {} : { error }),
  })
}
