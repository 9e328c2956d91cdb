import type { AppSpec, KubernetesApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import { ABSENT } from '../../core/delegated/absent.ts'
import type { IsOurs, Orchestrator, OrderStatus } from '../../core/delegated/orchestrator.ts'
import type { KubernetesApi } from './api.ts'
import { change, type Wanted } from './change.ts'
import { clearWay } from './clear-way.ts'
import { createClusters } from './clusters.ts'
import { linesOfPods } from './followed-lines.ts'
import { instancesOf } from './instances.ts'
import { printedBy } from './instance-id.ts'
import { removeJobs, runJob } from './jobs.ts'
import { look, type Looking } from './looking.ts'
import type { Workload } from './objects.ts'
import { isTakenUp, orderStatus } from './order-status.ts'
import { containerOf } from './own-container.ts'
import { readPodLog } from './pod-log.ts'
import { type MissingRight, missingRights } from './rights.ts'
import { orderedBy, takenBack } from './wanted.ts'
import { nameOf, refuseHeld, stuck, unlessMissing, waitsFor } from './workload-errors.ts'

export interface KubernetesOptions {
  /** Of it are the Jobs that it makes. */
  installation: string
  isOurs: IsOurs
  /** Whether that generation of an app is live: its pods get ready again by themselves. By default none is known to be. */
  isLive?: (app: string, generation: number) => boolean
  /** For `KUBECONFIG`. */
  environment: NodeJS.ProcessEnv
  clock: Clock
  /** The workload of an app is other than before. */
  changed?: (app: string) => void
}

export interface Kubernetes extends Orchestrator<KubernetesApp> {
  /** As it stands. Throws `workload_missing`. */
  workload(app: KubernetesApp): Promise<Workload>
  /** What its Role has to let us do, and does not: lines of a Role. */
  missingRights(app: KubernetesApp): Promise<MissingRight[]>
  /** Stops following what is none of these apps. */
  followOnly(apps: readonly Pick<AppSpec, 'name' | 'engine'>[]): void
  /** Stops following what it follows. */
  close(): void
}

/** So often, and so long after each other, a controller is asked for whether it knows of a change. */
const [MOST_LOOKS, LOOK_MS] = [40, 250]

/** Workloads of Kubernetes clusters, of which the image is changed. */
export function createKubernetes({
  installation,
  isOurs,
  isLive = () => false,
  environment,
  clock,
  changed = () => {},
}: KubernetesOptions): Kubernetes {
  const followed = new Map<string, { key: string; looking: Looking }>()
  /** Commands that somebody waits for. */
  const waited = new Set<string>()

  const forget = (app: string) => {
    followed.get(app)?.looking.end()
    followed.delete(app)
  }

  const { asking, close } = createClusters({
    environment,
    clock,
    dropped(app) {
      forget(app)
      // whoever looks again follows it again
      changed(app)
    },
  })

  const lookingAt = (app: KubernetesApp, api: KubernetesApi): Looking => {
    const { workload, context = '' } = app.kubernetes
    const key = [context, api.namespace, workload.kind, workload.name].join('/')
    const known = followed.get(app.name)
    if (known?.key === key) return known.looking
    forget(app.name)
    const looking = look(app, api, { clock, changed: () => changed(app.name) })
    followed.set(app.name, { key, looking })
    return looking
  }

  const observe = (app: KubernetesApp) =>
    asking(app, `cannot look at ${nameOf(app)}`, (api) => lookingAt(app, api).observe())

  const changing = async (
    app: KubernetesApp,
    want: (standing: Workload) => Wanted | undefined,
    signal: AbortSignal,
  ): Promise<{ takenFrom: string[] } | undefined> =>
    asking(app, `cannot change ${nameOf(app)}`, async (api) => {
      const done = await change(app, api, want, signal).catch((error: unknown) => {
        // it may have been taken all the same
        lookingAt(app, api).doubt()
        throw error
      })
      if (done !== undefined) lookingAt(app, api).atLeast(done.workload.metadata.generation ?? 0)
      return done
    })

  /** Deletes pods that a StatefulSet would wait for in vain. */
  const clearing = async (
    app: KubernetesApp,
    isReplaced: (generation: number) => boolean,
    signal: AbortSignal,
  ) => {
    if (app.kubernetes.workload.kind !== 'statefulset') return undefined
    return asking(app, `cannot clear the way of ${nameOf(app)}`, async (api) => {
      const looking = lookingAt(app, api)
      let observed = await looking.observe()
      // a pod that is deleted before its controller knows of the change comes back as it was
      for (
        let looks = 0;
        looks < MOST_LOOKS && observed && !isTakenUp(observed.workload);
        looks += 1
      ) {
        await clock.sleep(LOOK_MS, signal)
        observed = await looking.observe()
      }
      if (observed === undefined) return undefined
      const left = await clearWay(app, observed, { api, isOurs, isReplaced })
      return left && { ...left, namespace: api.namespace }
    })
  }

  return {
    workload: (app) =>
      asking(app, `cannot look at ${nameOf(app)}`, (api) => api.workload(app.kubernetes.workload)),

    missingRights: (app) => asking(app, 'cannot ask for rights', (api) => missingRights(app, api)),

    async apply(order, signal) {
      const { app } = order
      // what cannot be looked at could not be taken back either
      await observe(app)
      const done = await changing(
        app,
        (standing) => {
          const wanted = orderedBy(order, standing, isOurs)
          if (wanted !== undefined) refuseHeld(app, standing)
          return wanted
        },
        signal,
      )
      const isReplaced = (generation: number) =>
        generation !== order.generation && !isLive(app.name, generation)
      const left = await clearing(app, isReplaced, signal)
      const waits = left === undefined ? '' : `; ${waitsFor(left)}`
      if (done === undefined) return `${nameOf(app)} was told already${waits}`
      const from =
        done.takenFrom.length === 0
          ? ''
          : `; its image was managed by ${done.takenFrom.join(', ')} before`
      return `told ${nameOf(app)}${from}${waits}`
    },

    async status(app): Promise<OrderStatus> {
      const observed = await observe(app)
      return observed === undefined ? ABSENT : orderStatus(app, isOurs, observed)
    },

    async undo(order, before, signal) {
      const { app } = order
      const back = (standing: Workload) => takenBack(order, before, standing, isOurs)
      await changing(app, back, signal).catch(unlessMissing)
      const left = await clearing(app, (generation) => generation === order.generation, signal)
      if (left !== undefined) throw stuck(app, left)
    },

    async runOnce(order, options) {
      const key = `${order.app.name} ${options.name}`
      waited.add(key)
      try {
        return await asking(order.app, 'cannot run a command', (api) =>
          runJob(order, options, { api, installation, clock }),
        )
      } finally {
        waited.delete(key)
      }
    },

    async removeCommands(app, name) {
      const isToGo = (command: string) =>
        name === undefined ? !waited.has(`${app.name} ${command}`) : command === name
      await asking(app, 'cannot remove commands', (api) =>
        removeJobs(app.name, isToGo, { api, installation }),
      ).catch(unlessMissing)
    },

    async instances(app) {
      const observed = await observe(app)
      return observed === undefined ? [] : instancesOf(app, observed, isOurs)
    },

    async *lines(app, options) {
      const { api, container } = await asking(
        app,
        `cannot look at ${nameOf(app)}`,
        async (own) => ({
          api: own,
          container: await containerOf(app, own),
        }),
      )
      const listed = async () =>
        ((await observe(app))?.pods ?? []).map(({ metadata }) => metadata.name)
      yield* linesOfPods(api, container, { ...options, listed, clock })
    },

    // its Jobs are taken away by the cluster, and the workload is somebody else's
    async remove(app) {
      forget(app)
      return []
    },

    logs: (app, instance, lines) =>
      asking(app, 'cannot read a log', (api) => readPodLog(api, printedBy(instance), lines)).catch(
        () => [],
      ),

    // nodes pull with the cluster's own secrets
    refresh: async () => undefined,

    followOnly(apps) {
      const names = new Set(
        apps.flatMap(({ name, engine }) => (engine === 'kubernetes' ? name : [])),
      )
      for (const app of followed.keys()) if (!names.has(app)) forget(app)
    },

    close() {
      for (const app of followed.keys()) forget(app)
      close()
    },
  }
}
