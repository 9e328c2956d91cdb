import type { IsOurs, Order } from '../../core/delegated/orchestrator.ts'
import type { KubernetesApp } from '../../core/app.ts'
import type { KubernetesApi } from './api.ts'
import { isForbidden, isMissing } from './errors.ts'
import { type Observed, podGeneration } from './order-status.ts'
import { isLeaving, isReady } from './pod-state.ts'
import { stuck } from './workload-errors.ts'

/**
 * A StatefulSet waits for each pod to be ready before it goes on with the next, also with those of a version that is taken back and will
 * never be (kubernetes/kubernetes#67250): they have to be deleted. Throws `undo_failed` where that may not be.
 */
export async function clearWay(
  { app, generation }: Order<KubernetesApp>,
  { workload, pods }: Observed,
  api: KubernetesApi,
  isOurs: IsOurs,
): Promise<void> {
  const { template } = workload.spec
  const inTheWay = pods.filter(
    (pod) =>
      podGeneration(app, pod, { template, isOurs }) === generation &&
      !isReady(pod) &&
      !isLeaving(pod),
  )
  for (const { metadata } of inTheWay) {
    try {
      await api.deletePod(metadata.name)
    } catch (error) {
      if (isForbidden(error)) throw stuck(app, metadata.name, api.namespace, error)
      if (!isMissing(error)) throw error
    }
  }
}
