import { existsSync } from 'node:fs'
import type { AppConfig, Config } from '../../config/config.ts'
import type { AppSpec } from '../../core/app.ts'
import type { Apps } from '../../core/apps.ts'
import { type AllOperations, operationsOf } from '../../core/operations.ts'
import { plan } from '../../core/plan.ts'
import { besideOurs } from '../../core/project/beside-ours.ts'
import { lookForData } from '../../core/slots/awaited-data.ts'
import { systemClock } from '../../edges/clock.ts'
import type { ReadRepository } from '../../edges/registry/reading.ts'
import { listTags } from '../../edges/registry/tags.ts'
import type { Services } from '../../http/app.ts'
import { dockerOperations } from './docker-operations.ts'
import { kubernetesOperations } from './kubernetes-operations.ts'
import { planReload } from '../doctor/look-at-config.ts'
import type { Opened } from './open-docker.ts'
import type { OpenStore } from '../open-store.ts'
import { swarmOperations } from './swarm-operations.ts'

/** Whoever looks at the status is not to wait for an engine that hangs. */
const BESIDE_MS = 2000
/** A registry is not waited for longer. */
const PLAN_MS = 60_000

/** What people ask of an app beside deployments, led to what runs it. */
export function appServices({
  current,
  apps,
  store,
  opened: { ports, swarm, kubernetes, engine, registry },
  read,
  environment,
  stopping,
}: {
  /** The config in force. */
  current: () => Config
  apps: Apps<AppConfig>
  store: OpenStore
  opened: Opened
  read: ReadRepository
  environment: NodeJS.ProcessEnv
  stopping: AbortSignal
}) {
  const { journal, record, intake } = store
  const operations: AllOperations = {
    docker: dockerOperations(ports, { store, wake: apps.wake }),
    swarm: swarmOperations(swarm.ports, { store, standing: swarm.standing }),
    kubernetes: kubernetesOperations(kubernetes.ports, {
      store,
      cluster: kubernetes.orchestrator,
    }),
  }
  /** Of an app that left the config what stands on this machine can still be seen. */
  const operate = (app: string) => {
    const spec = apps.all().get(app) ?? { name: app, engine: 'docker' }
    return { spec: spec as AppSpec, of: operationsOf(spec as AppSpec, operations) }
  }
  const health = (app: string, ask?: { withinMs: number }) => {
    const { spec, of } = operate(app)
    return of.health(spec, ask)
  }
  const services = {
    health: (app) => health(app),
    plan: async (app, wanted) => ({
      ...(await plan(
        app,
        wanted,
        await operationsOf(app, operations).plan(app),
        { registry, journal, unfinished: intake.unfinished },
        AbortSignal.any([stopping, AbortSignal.timeout(PLAN_MS)]),
      )),
      reload: await planReload(app.name, current(), environment),
    }),
    tags: ({ image }, wanted) => listTags(image.repository, wanted, read, stopping),
    readLogs(stored, options, signal) {
      const { spec, of } = operate(stored.deployment.app)
      return of.logs(spec, stored, options, signal)
    },
    commands: {
      run: (what, terminal, signal) =>
        operationsOf(what.app, operations).run(what, terminal, signal),
      exec: engine.exec,
      replica(live, replica) {
        const { spec, of } = operate(live.deployment.app)
        return of.container(spec, live, replica)
      },
    },
    operate: {
      stop: (app) => operationsOf(app, operations).stop(app, stopping),
      start: (app) => operationsOf(app, operations).start(app, stopping),
    },
    drift: (app) => swarm.drift(app) ?? kubernetes.drift(app),
    lookForData: (app) => lookForData(app, { record, engine, isThere: existsSync }),
    besideOurs: (project) =>
      Promise.race([
        besideOurs(project, ports.compose),
        systemClock.sleep(BESIDE_MS, stopping).then(() => []),
      ]),
  } satisfies Partial<Services>
  return {
    services,
    health,
    /** Of an app whose number of containers is an orchestrator's to keep. */
    async replicas(app: string): Promise<{ wanted: number; running: number } | undefined> {
      if (operate(app).spec.engine === 'docker') return undefined
      const { containers, running } = await health(app)
      return { wanted: containers, running }
    },
  }
}
