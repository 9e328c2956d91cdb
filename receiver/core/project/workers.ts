import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Subject } from '../slots/check.ts'
import { waitUntilHealthy } from '../slots/health.ts'
import { decidingHealthcheck } from '../slots/healthcheck.ts'
import { inParallel } from '../slots/in-parallel.ts'
import type { StepContext } from '../slots/next-step.ts'
import type { SlotPorts } from '../slots/ports.ts'
import { besideOf } from './beside-ours.ts'
import type { ServiceContainer } from './ports.ts'
import type { Service } from './project.ts'
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
  const states: string[] = []
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
    const own = await ownOf(service, app, stored, ports)
    const isDone = own.length > 0 && own.every(({ doneAt }) => doneAt !== undefined)
    const state = `${service.name} ${isDone ? 'is done' : 'runs'}`
    progress({ message: state })
    states.push(state)
  }
  const beside = await besideOf(app, ports)
  if (beside !== undefined) progress({ message: `warning: ${beside}` })
  return states.join(', ') || 'none'
}

const referenceOf = (stored: StoredDeployment) => {
  const { repository, digest } = imageOf(stored)
  return `${repository}@${digest}`
}

/** Whether a service's container is of this deployment. */
export const isOwn = ({ generation }: ServiceContainer, { standsIn }: StoredDeployment): boolean =>
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
export async function startService(
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
