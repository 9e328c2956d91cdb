import type { KubernetesApp } from '../core/app.ts'
import type { DelegatedPorts } from '../core/delegated/ports.ts'
import { createDelegatedRollout } from '../core/delegated/rollout.ts'
import type { SlotPorts } from '../core/slots/ports.ts'
import { createKubernetes, type KubernetesOptions } from '../edges/kubernetes/kubernetes.ts'
import { publishedVisitors } from './published-visitors.ts'

/** Makes all that an app needs that is a workload of a cluster. Nothing is asked yet. */
export function openKubernetes(
  slotPorts: SlotPorts,
  options: Omit<KubernetesOptions, 'clock' | 'isOurs'>,
) {
  const { journal, clock, report, registry, attestations } = slotPorts
  const orchestrator = createKubernetes({
    ...options,
    clock,
    isOurs: ({ app, generation, deployment }) =>
      journal.find(app, generation)?.deployment.id === deployment,
  })
  const ports: DelegatedPorts<KubernetesApp> = {
    journal,
    clock,
    report,
    registry,
    attestations,
    orchestrator,
    visitors: publishedVisitors(slotPorts),
  }
  const drifts = new Map<string, string>()
  return {
    ports,
    orchestrator,
    rollout: createDelegatedRollout(ports, drifts),
    /** That an app runs something else than what was deployed, in words for people. */
    drift: (app: string) => drifts.get(app),
  }
}
