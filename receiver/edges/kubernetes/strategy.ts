import type { KubernetesApp } from '../../core/app.ts'
import type { Workload } from './objects.ts'

/** How a workload replaces its pods, for people; `pauses`: between the old ones and the new ones there may be none. */
export function strategyOf(
  {
    kubernetes: {
      workload: { kind },
    },
  }: KubernetesApp,
  { spec }: Workload,
): { notes: string[]; pauses: boolean } {
  const { strategy, updateStrategy, replicas = 1, paused } = spec
  const isOne = kind !== 'deployment' && replicas === 1
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0
  return {
    pauses: strategy?.type === 'Recreate' || (kind === 'statefulset' && isOne),
    notes: [
      ...(strategy?.type === 'Recreate'
        ? ['strategy Recreate: old pods end before new ones start']
        : []),
      ...(kind === 'statefulset' ? ['each pod ends before its next one starts'] : []),
      ...(kind === 'daemonset' ? ['node by node'] : []),
      ...(partition > 0 ? [`partition ${partition}: pods below that number stay as they are`] : []),
      ...(updateStrategy?.type === 'OnDelete'
        ? ['updateStrategy OnDelete: it would be refused']
        : []),
      ...(paused === true ? ['it is paused: it would be refused'] : []),
    ],
  }
}
