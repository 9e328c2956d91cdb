import type { KubernetesApp } from '../../core/app.ts'
import type { Instance, IsOurs } from '../../core/delegated/orchestrator.ts'
import type { Pod } from './objects.ts'
import { type Observed, podGeneration } from './order-status.ts'
import { isLeaving, isReady } from './pod-state.ts'

/** Pods of a workload, as whoever reads logs or runs commands knows them. */
export function instancesOf(
  app: KubernetesApp,
  { workload, pods }: Observed,
  isOurs: IsOurs,
): Instance[] {
  const { template } = workload.spec
  const counts = new Map<number | undefined, number>()
  const sorted = pods.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  return sorted.map((pod) => {
    const generation = podGeneration(app, pod, { template, isOurs })
    const next = (counts.get(generation) ?? 0) + 1
    counts.set(generation, next)
    const ordinal =
      app.kubernetes.workload.kind === 'statefulset'
        ? /-(\d{1,9})$/.exec(pod.metadata.name)?.[1]
        : undefined
    return {
      id: pod.metadata.name,
      generation,
      replica: ordinal === undefined ? next : Number(ordinal) + 1,
      where: pod.spec.nodeName ?? 'no node',
      running: isReady(pod) && !isLeaving(pod),
    }
  })
}

/** Those that leave come last: a number is of one that stays. */
const keyOf = (pod: Pod) =>
  `${isLeaving(pod) ? 1 : 0} ${pod.metadata.creationTimestamp ?? ''} ${pod.metadata.name}`
