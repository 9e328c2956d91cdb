import type { Instance } from '../../core/delegated/orchestrator.ts'
import type { Task } from './api.ts'
import type { GenerationIn } from './marks.ts'
import type { SwarmNode } from './nodes.ts'

/**
 * A task, as whoever reads logs or runs commands knows it.
 * @param where its node is looked up: `self` is the id of the node that this machine is
 */
export function instanceOf(
  { ID, NodeID, Slot = 1, Spec, Status, DesiredState }: Task,
  {
    nodes,
    self,
    generationIn,
  }: { nodes: readonly SwarmNode[]; self: string; generationIn: GenerationIn },
): Instance {
  const { ContainerID = '' } = Status.ContainerStatus ?? {}
  return {
    id: ID,
    generation: generationIn(Spec.ContainerSpec),
    replica: Slot,
    where: nodes.find(({ id }) => id === NodeID)?.name ?? NodeID ?? 'no node',
    running: Status.State === 'running' && DesiredState === 'running',
    ...(NodeID === self && ContainerID !== '' ? { container: ContainerID } : {}),
  }
}
