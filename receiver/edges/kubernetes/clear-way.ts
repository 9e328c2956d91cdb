import type { IsOurs } from '../../core/delegated/orchestrator.ts'
import type { KubernetesApp } from '../../core/app.ts'
import type { KubernetesApi } from './api.ts'
import { isConflict, isForbidden, isMissing } from './errors.ts'
import { type Observed, podGeneration } from './order-status.ts'
import { isLeaving, isReady } from './pod-state.ts'

/** A pod that would have to be deleted, and may not be. */
export interface InTheWay {
  pod: string
  cause: unknown
}

/**
 * A StatefulSet waits for each pod to be ready before it goes on with the next, also with those of a version that is replaced and will
 * never be (kubernetes/kubernetes#67250): they have to be deleted.
 * @param isReplaced whether pods of that generation of ours are to go
 * @returns the first that its Role does not let it delete
 */
export async function clearWay(
  app: KubernetesApp,
  { workload, pods }: Observed,
  {
    api,
    isOurs,
    isReplaced,
  }: {
    api: Pick<KubernetesApi, 'deletePod'>
    isOurs: IsOurs
    isReplaced: (generation: number) => boolean
  },
): Promise<InTheWay | undefined> {
  const { template } = workload.spec
  for (const pod of pods) {
    const generation = podGeneration(app, pod, { template, isOurs })
    if (generation === undefined || !isReplaced(generation)) continue
    if (isReady(pod) || isLeaving(pod)) continue
    const { name, uid } = pod.metadata
    try {
      await api.deletePod({ name, uid })
    } catch (cause) {
      if (isForbidden(cause)) return { pod: name, cause }
      // its controller was first, and the next one bears its name
      if (!isMissing(cause) && !isConflict(cause)) throw cause
    }
  }
  return undefined
}
