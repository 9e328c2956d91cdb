import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Subject } from '../slots/check.ts'
import { waitUntilHealthy } from '../slots/health.ts'
import { decidingHealthcheck } from '../slots/healthcheck.ts'
import { inParallel } from '../slots/in-parallel.ts'
import { removeContainer } from '../slots/kept-logs.ts'
import type { StepContext } from '../slots/next-step.ts'
import type { SlotPorts } from '../slots/ports.ts'
import { besideOurs, besideOursRemedy } from './beside-ours.ts'
import { liveImage } from './live-image.ts'
import type { ServiceContainer } from './ports.ts'
import { type Service, serviceKey } from './project.ts'
import { serviceApp, volumesOf } from './service-app.ts'

/**
 * The step `workers`: each of the repository's other services is made anew, one after the other: the old one ends in its time, the new
 * one starts and is waited for. The old containers stand still until `retire`, for the case that they are needed again.
 */
export async function replaceWorkers(context: StepContext): Promise<string> {
  const { app, stored, ports, progress, signal } = context
  const workers = app.project?.workers ?? []
  if (app.project !== undefined) {
    ports.compose.override(app.name, app.project, referenceOf(stored))
  }
  const gone = (await ports.engine.services(app.name)).filter(
    (each) => !isOwn(each, stored) && !workers.some(({ name }) => name === each.service),
  )
  await stopAll(gone, context)
  for (const service of workers) {
    const old = (await ports.engine.services(app.name)).filter(
      (each) => each.service === service.name && !isOwn(each, stored),
    )
    await stopAll(old, context)
    try {
      const isOver = ({ doneAt }: ServiceContainer) => doneAt !== undefined
      await startService(app, stored, service, ports, { isOver, signal })
      const subjects = await subjectsOf(app, stored, service, ports)
      await inParallel(subjects, signal, (subject, until) =>
        waitUntilHealthy(subject, ports, {
          progress: (message) => progress({ message: `${service.name}: ${message}` }),
          signal: until,
        }),
      )
    } catch (error) {
      throw ofService(service, app, error)
    }
    progress({ message: `${service.name} runs` })
  }
  const beside = await besideOf(app, ports)
  if (beside !== undefined) progress({ message: `warning: ${beside}` })
  return workers.map(({ name }) => name).join(', ') || 'none'
}

/** What Compose runs beside ours, and the remedy; `undefined` when that is nothing. */
async function besideOf(
  { name, project }: DockerApp,
  { compose }: Pick<SlotPorts, 'compose'>,
): Promise<string | undefined> {
  const beside = project === undefined ? [] : await besideOurs(project, compose).catch(() => [])
  if (beside.length === 0) return undefined
  return `Compose runs ${beside.join(', ')} beside ours: ${besideOursRemedy(name)}`
}

const referenceOf = (stored: StoredDeployment) => {
  const { repository, digest } = imageOf(stored)
  return `${repository}@${digest}`
}

/** Whether a service's container is of this deployment. */
const isOwn = ({ generation }: ServiceContainer, { standsIn }: StoredDeployment): boolean =>
  generation === standsIn

async function stopAll(
  containers: readonly ServiceContainer[],
  { app, ports, signal, progress }: Pick<StepContext, 'app' | 'ports' | 'signal' | 'progress'>,
): Promise<void> {
  const running = containers.filter(({ running: runs, pid }) => runs || pid !== 0)
  await inParallel(running, signal, async ({ name, service }) => {
    progress({ message: `${service}: ${name} is told to end` })
    await ports.engine.stop(name, { graceMs: graceOf(app, service) })
  })
}

/** How long a service may take to end; one that is in the project no more, as the app itself. */
export const graceOf = ({ project, container }: DockerApp, service: string): number =>
  (project?.workers.find(({ name }) => name === service)?.container ?? container).stopGraceMs

/** Starts what does not run of a service, but what is over: to start it again would have it do its work twice. */
async function startService(
  app: DockerApp,
  stored: StoredDeployment,
  service: Service,
  ports: SlotPorts,
  { isOver, signal }: { isOver: (container: ServiceContainer) => boolean; signal: AbortSignal },
): Promise<void> {
  const image = imageOf(stored)
  const volumes = await volumesOf(app, service, image, ports)
  const over = (await ownOf(service, app, stored, ports)).filter(isOver)
  const replicas = Array.from({ length: service.replicas }, (_, at) => at + 1).filter(
    (replica) => !over.some((each) => each.replica === replica),
  )
  await inParallel(replicas, signal, (replica) =>
    ports.engine.startService({
      app,
      service,
      deployment: stored.deployment.id,
      generation: stored.standsIn,
      replica,
      ...image,
      volumes: volumes.filter((each) => each.replica === replica),
    }),
  )
}

const ownOf = async (
  { name }: Service,
  app: DockerApp,
  stored: StoredDeployment,
  { engine }: Pick<SlotPorts, 'engine'>,
): Promise<ServiceContainer[]> =>
  (await engine.services(app.name)).filter((each) => each.service === name && isOwn(each, stored))

/** The containers of a deployment's service, to be asked how they are. */
async function subjectsOf(
  app: DockerApp,
  stored: StoredDeployment,
  service: Service,
  ports: SlotPorts,
): Promise<Subject[]> {
  const as = serviceApp(app, service)
  const healthcheck = decidingHealthcheck(
    as,
    (await ports.images.image(imageOf(stored))).healthcheck,
  )
  const containers = await ownOf(service, app, stored, ports)
  return containers.map((container) => ({
    app: as,
    container,
    mayBeDone: true,
    ...(healthcheck === undefined ? {} : { healthcheck }),
  }))
}

/** Those of all workers, with the service that each is of. */
export async function workerSubjects({
  app,
  stored,
  ports,
}: Pick<StepContext, 'app' | 'stored' | 'ports'>): Promise<
  { service: Service; subject: Subject }[]
> {
  const found = []
  for (const service of app.project?.workers ?? []) {
    for (const subject of await subjectsOf(app, stored, service, ports)) {
      found.push({ service, subject })
    }
  }
  return found
}

/** What befell a worker, told as that. */
export function ofService(service: Service, app: DockerApp, error: unknown): unknown {
  if (!(error instanceof DeployError)) return error
  const { code, message, log, hint } = error
  const file = app.project?.source.files[0] ?? 'the Compose file'
  return new DeployError(code, `the service ${service.name}: ${message}`, {
    hint:
      code === 'engine_unreachable' && hint !== undefined
        ? hint
        : `its last lines say why; its settings stand in ${file}`,
    ...(log === undefined ? {} : { log }),
    cause: error,
  })
}

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
  await inParallel(old, signal, ({ name, service }) =>
    ports.engine.remove(name, { graceMs: graceOf(app, service) }),
  )
  return old.map(({ name }) => name)
}
