import type { DockerApp } from '../app.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import { inParallel } from '../slots/in-parallel.ts'
import { removeContainer } from '../slots/kept-logs.ts'
import type { StepContext } from '../slots/next-step.ts'
import type { SlotPorts } from '../slots/ports.ts'
import { besideOf } from './beside-ours.ts'
import { liveImage } from './live-image.ts'
import type { ServiceContainer } from './ports.ts'
import { type Service, serviceKey } from './project.ts'
import { graceOf, isOwn, startService } from './workers.ts'

/** Of a failed deployment: its workers go, and those of what is live run again. */
export async function workersBack(
  app: DockerApp,
  failed: StoredDeployment,
  live: StoredDeployment | undefined,
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<void> {
  const all = await ports.engine.services(app.name)
  await inParallel(
    all.filter((each) => isOwn(each, failed)),
    signal,
    (container) => removeWorker(container, app, ports),
  )
  const begun = failed.deployment.steps.find(({ name }) => name === 'workers')?.started_at
  // what was done before the workers were told to end is done still
  const isOver = ({ doneAt }: ServiceContainer) =>
    doneAt !== undefined && (begun === undefined || doneAt < begun)
  const standing = all.filter(
    (each) => live !== undefined && isOwn(each, live) && !each.running && !isOver(each),
  )
  await inParallel(standing, signal, ({ name }) => ports.engine.startAgain(name))
}

/**
 * Between deployments: the workers of what is live run, and none else. What is done stays so.
 * @param stoppedSince of an app that is to run again
 */
export async function repairWorkers(
  app: DockerApp,
  live: StoredDeployment | undefined,
  ports: SlotPorts,
  { stoppedSince, signal }: { stoppedSince: string | undefined; signal: AbortSignal },
): Promise<void> {
  const all = await ports.engine.services(app.name)
  const strays = all.filter((each) => live === undefined || !isOwn(each, live))
  for (const stray of strays) {
    ports.report('removing a leftover container', { container: stray.name })
    await removeWorker(stray, app, ports)
  }
  const { project } = app
  if (project === undefined) return
  ports.compose.override(app.name, project, liveImage(app, ports))
  if (live === undefined) return
  const beside = await besideOf(app, ports)
  if (beside !== undefined) ports.report(beside, { app: app.name })
  for (const service of project.workers) {
    const isOver = (each: ServiceContainer) => staysDone(each, service, { live, stoppedSince })
    const standing = all.filter(
      (each) =>
        each.service === service.name && isOwn(each, live) && (each.running || isOver(each)),
    )
    if (standing.length >= service.replicas) continue
    ports.report('a live service does not run: starting it', {
      app: app.name,
      service: service.name,
    })
    await ports.images.pull(imageOf(live), { progress: () => {}, signal })
    await startService(app, live, service, ports, { isOver, signal })
  }
}

/**
 * A worker that is restarted after failures alone ends with 0 as well when Docker or the machine goes down: it is done only if it was
 * while its deployment went on.
 */
function staysDone(
  { doneAt }: ServiceContainer,
  { container: { restart } }: Service,
  { live, stoppedSince }: { live: StoredDeployment; stoppedSince: string | undefined },
): boolean {
  if (doneAt === undefined) return false
  if (restart.name === 'no') return stoppedSince === undefined || doneAt < stoppedSince
  const { finished_at: over } = live.deployment
  return over === undefined || doneAt <= over
}

/** Stops the workers of an app that was stopped. */
export async function stopWorkers(
  app: DockerApp,
  { engine }: Pick<SlotPorts, 'engine'>,
  signal: AbortSignal,
): Promise<void> {
  const running = (await engine.services(app.name)).filter(
    ({ running: runs, pid }) => runs || pid !== 0,
  )
  await inParallel(running, signal, ({ name, service }) =>
    engine.stop(name, { graceMs: graceOf(app, service) }),
  )
}

/** Stops one and removes it, and keeps what it printed last. */
const removeWorker = (container: ServiceContainer, app: DockerApp, ports: SlotPorts) =>
  removeContainer(container, app, ports, {
    graceMs: graceOf(app, container.service),
    of: serviceKey(app.name, container.service),
  })

/** The old ones are needed no more. Resolves to their names. */
export async function retireWorkers({
  app,
  stored,
  ports,
  signal,
}: Pick<StepContext, 'app' | 'stored' | 'ports' | 'signal'>): Promise<string[]> {
  const old = (await ports.engine.services(app.name)).filter((each) => !isOwn(each, stored))
  await inParallel(old, signal, (container) => removeWorker(container, app, ports))
  return old.map(({ name }) => name)
}
