import type { KubernetesApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import { type KubernetesApi, selectorOf } from './api.ts'
import { isForbidden } from './errors.ts'
import type { Happening, Pod, ReplicaSet, Workload } from './objects.ts'
import type { Observed } from './order-status.ts'
import { isReady } from './pod-state.ts'
import { watch, type Watched } from './watched.ts'

/** Pods are followed for so long after somebody looked at them. */
const KEPT_MS = 60_000
/** What went wrong is asked for so often, of so many pods. */
const WARNINGS_MS = 2000
const MOST_ASKED = 5
const DOUBT_MS = 60_000

/** The workload of an app, followed. */
export interface Looking {
  /** `undefined`: there is no such workload. */
  observe(): Promise<Observed | undefined>
  /** What is told of it has to be of this generation of the workload, or newer: we know of it. */
  atLeast(generation: number): void
  /** What became of our word is not known: for a while nothing is believed but what is asked for. */
  doubt(): void
  end(): void
}

/** Follows a workload for good, and its pods while somebody looks. */
export function look(
  { kubernetes: { workload: which } }: KubernetesApp,
  api: KubernetesApi,
  { clock, changed }: { clock: Pick<Clock, 'sleep' | 'ms'>; changed: () => void },
): Looking {
  const workloads = watch<Workload>(
    api,
    {
      path: api.paths.workloads(which),
      list: () => api.workloadList(which),
      query: { fieldSelector: `metadata.name=${which.name}` },
      changed,
    },
    { clock },
  )
  let least = 0
  let doubtedUntil = -Infinity
  let pods: { of: string; pods: Watched<Pod>; sets: Watched<ReplicaSet> | undefined } | undefined
  let timer: NodeJS.Timeout | undefined
  const asked = new Map<string, { at: number; warnings: readonly Happening[] }>()

  const endPods = () => {
    pods?.pods.end()
    pods?.sets?.end()
    pods = undefined
    asked.clear()
  }

  const current = async (): Promise<Workload | undefined> => {
    const [told] = clock.ms() < doubtedUntil ? [] : await workloads.objects()
    if (told !== undefined && (told.metadata.generation ?? 0) >= least) return told
    const [standing] = (await api.workloadList(which)).items
    return standing
  }

  const followPods = (labels: string) => {
    if (pods?.of !== labels) {
      endPods()
      pods = {
        of: labels,
        pods: watch(
          api,
          { path: api.paths.pods, list: () => api.pods(labels), query: { labelSelector: labels } },
          { clock },
        ),
        sets:
          which.kind === 'deployment'
            ? watch(
                api,
                {
                  path: api.paths.replicaSets,
                  list: () => api.replicaSets(labels),
                  query: { labelSelector: labels },
                },
                { clock },
              )
            : undefined,
      }
    }
    clearTimeout(timer)
    timer = setTimeout(endPods, KEPT_MS).unref()
    return pods
  }

  const warningsOf = async (uid: string): Promise<readonly Happening[]> => {
    const known = asked.get(uid)
    if (known !== undefined && clock.ms() - known.at < WARNINGS_MS) return known.warnings
    // they are an extra: without the right to read them less is said
    const warnings = await api.warnings(uid).catch(() => [])
    asked.set(uid, { at: clock.ms(), warnings })
    for (const [of, { at }] of asked) if (clock.ms() - at > KEPT_MS) asked.delete(of)
    return warnings
  }

  return {
    async observe() {
      const workload = await current()
      if (workload === undefined) return undefined
      const { pods: followed, sets } = followPods(selectorOf(workload.spec.selector))
      const [all, owners] = await Promise.all([
        followed.objects(),
        sets === undefined ? [] : sets.objects().catch(unlessForbidden),
      ])
      const own = ownPods(workload, all, owners)
      const uneasy = own.filter((pod) => !isReady(pod)).slice(0, MOST_ASKED)
      const uids = uneasy.map(({ metadata }) => metadata.uid)
      if (isShort(workload, own.length)) uids.push(workload.metadata.uid)
      const warnings = new Map(
        await Promise.all(uids.map(async (uid) => [uid, await warningsOf(uid)] as const)),
      )
      return { workload, pods: own, warnings }
    },
    atLeast(generation) {
      least = Math.max(least, generation)
    },
    doubt() {
      doubtedUntil = clock.ms() + DOUBT_MS
    },
    end() {
      workloads.end()
      clearTimeout(timer)
      endPods()
    },
  }
}

/** Without the right to read replica sets a pod's owner is known by its name alone. */
function unlessForbidden(error: unknown): undefined {
  if (isForbidden(error)) return undefined
  throw error
}

/** Others may bear the same labels. */
function ownPods(
  { metadata: { uid, name } }: Workload,
  pods: readonly Pod[],
  sets: readonly ReplicaSet[] | undefined,
): Pod[] {
  const owners = new Set([
    uid,
    ...(sets ?? []).flatMap((set) => (isOwned(set.metadata, uid) ? set.metadata.uid : [])),
  ])
  return pods.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some(
      (owner) =>
        owners.has(owner.uid) ||
        (sets === undefined && owner.kind === 'ReplicaSet' && owner.name.startsWith(`${name}-`)),
    ),
  )
}

const isOwned = ({ ownerReferences = [] }: ReplicaSet['metadata'], uid: string): boolean =>
  ownerReferences.some((owner) => owner.uid === uid)

/** Whether there are fewer pods than there should be, which a quota or a webhook may be the reason of. */
const isShort = ({ spec, status }: Workload, count: number): boolean =>
  count < (status?.desiredNumberScheduled ?? spec.replicas ?? 1)
