import type { DeploymentError } from '../../../protocol/deployment.ts'
import type { DockerApp } from '../app.ts'
import { prune } from '../image/prune.ts'
import type { StoredDeployment } from '../journal.ts'
import { liveImage } from '../project/live-image.ts'
import { workersBack } from '../project/standing-workers.ts'
import { inParallel } from './in-parallel.ts'
import { removeContainer } from './kept-logs.ts'
import { isLive, observe, others, own } from './next-step.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import { resumeVisitors } from './resume-visitors.ts'
import { isRecreated } from './recreate.ts'

/**
 * Undoes a failed deployment: swaps back when it was live and the old container still runs, and removes the new one.
 * Resolves to why it failed, and that it was swapped back.
 */
export async function abandon(
  app: DockerApp,
  stored: StoredDeployment,
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<DeploymentError | undefined> {
  let error = stored.deployment.error
  const world = await observe(app.name, ports)
  const failed = own(stored, world)
  const swapped = stored.deployment.live_at !== undefined || isLive(stored, world)
  const recreate = isRecreated(app, ports.record)
  const standing = others(stored, world).filter(({ running }) => running || recreate)
  const [old] = standing
  const removeFailed = async () => {
    // with nothing to swap back to, what is live stays
    if (swapped && old === undefined) return
    await inParallel(failed, signal, (container) => removeContainer(container, app, ports))
  }
  // the two cannot run side by side
  if (recreate) await removeFailed()
  const isStopped = ports.record.stopped(app.name) !== undefined
  const still = isStopped ? [] : standing.filter(({ running }) => !running)
  await inParallel(still, signal, ({ name }) => ports.engine.startAgain(name))
  if (swapped && old !== undefined) {
    swapBack(app, stored, old, ports)
    error = {
      ...error,
      code: 'rolled_back',
      message: `${error?.message ?? 'it failed'}; swapped back to ${old.digest}`,
    }
  }
  if (old !== undefined) await resumeVisitors(app, old, ports, signal)
  if (ports.slots.drained(app.name)) ports.slots.setDrained(app.name, false)
  if (!recreate) await removeFailed()
  if (!swapped || old !== undefined) {
    const live = isStopped ? undefined : ports.journal.live(app.name)
    await workersBack(app, stored, live, ports, signal)
  }
  if (app.project !== undefined) {
    ports.compose.override(app.name, app.project, liveImage(app, ports))
  }
  await ports.engine.removeReleases(app.name)
  // this one may be tried again soon
  await prune(app, ports, stored.deployment.image.digest)
  return error
}

function swapBack(
  app: DockerApp,
  { deployment }: StoredDeployment,
  old: Container,
  ports: Pick<SlotPorts, 'slots' | 'journal'>,
) {
  ports.slots.makeLive(app.name, old.slot)
  if (deployment.previous !== undefined) {
    ports.journal.setLive(app.name, deployment.previous.deployment)
  }
}
