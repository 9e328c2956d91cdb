import type { Instance } from '../../core/delegated/orchestrator.ts'
import type { Task } from './api.ts'
import { generationIn } from './marks.ts'
import type { SwarmNode } from './nodes.ts'

/**
 * A task, as whoever reads logs or runs commands knows it.
 * @param self id of the node that this machine is
 */
export function instanceOf(
  { ID, NodeID, Slot = 1, Spec, Status, DesiredState }: Task,
  nodes: readonly SwarmNode[],
  self: string,
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
