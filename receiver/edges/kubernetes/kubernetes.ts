import type { AppSpec, KubernetesApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import type { IsOurs, Order, Orchestrator, OrderStatus } from '../../core/delegated/orchestrator.ts'
import { ABSENT } from '../../core/delegated/absent.ts'
import { DeployError } from '../../core/errors.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import { type KubernetesApi, kubernetesApi } from './api.ts'
import { change, type Wanted } from './change.ts'
import { connect, type Connection } from './connection.ts'
import { ApiError, explain, isForbidden, isMissing } from './errors.ts'
import { linesOf, NEW_PODS_MS } from './followed-lines.ts'
import { imagesOf, requireChosen } from './images.ts'
import { instancesOf } from './instances.ts'
import { printedBy } from './instance-id.ts'
import { removeJobs, runJob } from './jobs.ts'
import { look, type Looking } from './looking.ts'
import { annotationsOf, type Before, beforeIn, generationIn, marksIn, marksOf } from './marks.ts'
import { createMerge } from './merge.ts'
import type { Workload } from './objects.ts'
import { orderStatus, podGeneration } from './order-status.ts'
import { containerOf } from './own-container.ts'
import { readPodLog } from './pod-log.ts'
import { isLeaving, isReady } from './pod-state.ts'
import { type MissingRight, missingRights } from './rights.ts'
import { missing, nameOf, refuseHeld, stuck, unlessMissing } from './workload-errors.ts'

const KEPT_CONNECTION_MS = 60_000

export interface KubernetesOptions {
  /** Of it are the Jobs that it makes. */
  installation: string
  isOurs: IsOurs
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

/** Workloads of Kubernetes clusters, of which the image is changed. */
export function createKubernetes({
  installation,
  isOurs,
  environment,
  clock,
  changed = () => {},
}: KubernetesOptions): Kubernetes {
  const connections = new Map<string, { made: Promise<Connection>; atMs: number }>()
  const followed = new Map<string, { key: string; looking: Looking }>()
  const closed = new AbortController()
  /** Commands that somebody waits for. */
  const waited = new Set<string>()

  const connectionOf = (context: string | undefined): Promise<Connection> => {
    const key = context ?? ''
    const known = connections.get(key) ?? {
      made: connect(context, { environment, signal: closed.signal }),
      atMs: clock.ms(),
    }
    connections.set(key, known)
    known.made.catch(() => connections.delete(key))
    return known.made
  }

  /** The kubeconfig is read again: tokens, certificates and authorities are others after a while. */
  const dropConnection = ({ name, kubernetes: { context = '' } }: KubernetesApp) => {
    connections.delete(context)
    forget(name)
    // whoever looks again follows it again
    changed(name)
  }

  const apiOf = async ({
    kubernetes: { context, namespace },
  }: KubernetesApp): Promise<KubernetesApi> => {
    const connection = await connectionOf(context)
    return kubernetesApi(connection, namespace ?? connection.namespace)
  }

  /** Does something by the API of an app, and says what is wrong in people's words. */
  const asking = async <T>(
    app: KubernetesApp,
    what: string,
    work: (api: KubernetesApi) => Promise<T>,
  ): Promise<T> => {
    for (let isFresh = false; ; isFresh = true) {
      try {
        return await work(await apiOf(app))
      } catch (error) {
        const isUnknown = error instanceof ApiError && error.status === 401
        const { atMs = clock.ms() } = connections.get(app.kubernetes.context ?? '') ?? {}
        // while a cluster is away, credentials are not asked for with each look
        const isOld = clock.ms() - atMs > KEPT_CONNECTION_MS
        if (isUnknown || (isAway(error) && isOld)) dropConnection(app)
        if (isUnknown && !isFresh) continue
        if (isMissing(error)) throw missing(app)
        throw explain(error, what)
      }
    }
  }

  const forget = (app: string) => {
    followed.get(app)?.looking.end()
    followed.delete(app)
  }

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

  const orderedOf =
    (order: Order<KubernetesApp>) =>
    (standing: Workload): Wanted | undefined => {
      const { app, generation, repository, digest } = order
      const { template } = standing.spec
      if (generationIn(app, template, isOurs) === generation) return undefined
      const chosen = requireChosen(app, template.spec, nameOf(app))
      const before = imagesOf(chosen)
      const image = `${repository}@${digest}`
      return {
        images: Object.fromEntries(Object.keys(before).map((name) => [name, image])),
        marks: marksOf(order),
        annotations: annotationsOf(`${order.deployment}: ${image}`, {
          images: before,
          marks: marksIn(template.metadata?.annotations),
        }),
      }
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
          const wanted = orderedOf(order)(standing)
          if (wanted !== undefined) refuseHeld(app, standing)
          return wanted
        },
        signal,
      )
      if (done === undefined) return `${nameOf(app)} was told already`
      const from =
        done.takenFrom.length === 0
          ? ''
          : `; its image was managed by ${done.takenFrom.join(', ')} before`
      return `told ${nameOf(app)}${from}`
    },

    async status(app): Promise<OrderStatus> {
      const observed = await observe(app)
      return observed === undefined ? ABSENT : orderStatus(app, isOurs, observed)
    },

    async undo(order, before, signal) {
      const { app } = order
      const back = (standing: Workload): Wanted | undefined => {
        const { metadata, spec } = standing
        // what came after it is not this order's to take back
        if (generationIn(app, spec.template, isOurs) !== order.generation) return undefined
        const known = beforeIn(metadata)
        const isTheirs = known !== undefined && !isOrderOfOurs(app, known, isOurs)
        if (before === undefined || isTheirs) return known && broughtBack(order, known)
        return orderedOf(before)(standing)
      }
      await changing(app, back, signal).catch(unlessMissing)
      if (app.kubernetes.workload.kind === 'statefulset') await clearWay(order)
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
      const { follow, signal } = options
      const { api, container } = await asking(
        app,
        `cannot look at ${nameOf(app)}`,
        async (own) => ({
          api: own,
          container: await containerOf(app, own),
        }),
      )
      const merge = createMerge<LogLine & { instance: string }>()
      const listed = async () =>
        ((await observe(app))?.pods ?? []).map(({ metadata }) => metadata.name)
      const known = new Set(await listed())
      const add = (pod: string, from: typeof options) =>
        merge.add(
          linesOf(api, { pod, container }, { ...from, clock, isThere: () => known.has(pod) }),
        )
      for (const pod of known) add(pod, options)
      if (follow) {
        const release = merge.hold()
        const goOn = async () => {
          for (;;) {
            await clock.sleep(NEW_PODS_MS, signal)
            const now = await listed().catch(() => undefined)
            if (now === undefined) continue
            for (const pod of known) if (!now.includes(pod)) known.delete(pod)
            for (const pod of now) {
              if (known.has(pod)) continue
              known.add(pod)
              // of those that come later all is told
              add(pod, { follow, signal })
            }
          }
        }
        void goOn()
          .catch(() => {})
          .finally(release)
      }
      yield* merge.read()
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
      closed.abort()
    },
  }

  /**
   * A StatefulSet waits for each pod to be ready before it goes on with the next, also with those of a version that is taken back and will
   * never be (kubernetes/kubernetes#67250): they have to be deleted.
   */
  async function clearWay(order: Order<KubernetesApp>): Promise<void> {
    const { app } = order
    const observed = await observe(app)
    if (observed === undefined) return
    const { template } = observed.workload.spec
    const inTheWay = observed.pods.filter(
      (pod) =>
        podGeneration(app, pod, { template, isOurs }) === order.generation &&
        !isReady(pod) &&
        !isLeaving(pod),
    )
    await asking(app, `cannot take back ${nameOf(app)}`, async (api) => {
      for (const { metadata } of inTheWay) {
        try {
          await api.deletePod(metadata.name)
        } catch (error) {
          if (isForbidden(error)) throw stuck(app, metadata.name, api.namespace, error)
          if (!isMissing(error)) throw error
        }
      }
    })
  }
}

/** What stood before an order, word for word. Of that nothing is written down: there is no way back from going back. */
const broughtBack = (order: Order<KubernetesApp>, { images, marks }: Before): Wanted => ({
  images,
  marks,
  annotations: annotationsOf(`back from ${order.deployment}`),
})

/** Whether what stood before is on our record, which knows then what is to come back. */
function isOrderOfOurs(app: KubernetesApp, { images, marks }: Before, isOurs: IsOurs): boolean {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }))
  const chosen = { containers, initContainers: [] }
  const standing = { metadata: { annotations: marks }, spec: { containers } }
  return generationIn(app, standing, isOurs, chosen) !== undefined
}

/** No answer, or none of an API server. */
const isAway = (error: unknown): boolean =>
  error instanceof DeployError ? error.code === 'engine_unreachable' : !(error instanceof ApiError)
