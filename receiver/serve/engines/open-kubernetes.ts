import type { SlotPorts } from '../../core/slots/ports.ts'
import { createKubernetes, type KubernetesOptions } from '../../edges/kubernetes/kubernetes.ts'
import { isOurs, openDelegated } from './open-delegated.ts'

/** Makes all that an app needs that is a workload of a cluster. Nothing is asked yet. */
export function openKubernetes(
  slotPorts: SlotPorts,
  options: Omit<KubernetesOptions, 'clock' | 'isOurs' | 'isLive'>,
) {
  const { clock, journal } = slotPorts
  const orchestrator = createKubernetes({
    ...options,
    clock,
    isOurs: isOurs(journal),
    isLive: (app, generation) => journal.live(app)?.generation === generation,
  })
  return { ...openDelegated(orchestrator, slotPorts), orchestrator }
}
