import type { KubernetesApp, SwarmApp } from '../../core/app.ts'
import type { Orchestrator } from '../../core/delegated/orchestrator.ts'
import type { DelegatedPorts } from '../../core/delegated/ports.ts'
import { createDelegatedRollout } from '../../core/delegated/rollout.ts'
import type { SlotPorts } from '../../core/slots/ports.ts'
import { publishedVisitors } from './published-visitors.ts'

/** The way of apps that an orchestrator runs. */
export function openDelegated<App extends SwarmApp | KubernetesApp>(
  orchestrator: Orchestrator<App>,
  slotPorts: SlotPorts,
) {
  const { journal, clock, report, registry, attestations } = slotPorts
  const visitors = publishedVisitors(slotPorts)
  const ports: DelegatedPorts<App> = {
    journal,
    clock,
    report,
    registry,
    attestations,
    orchestrator,
    visitors,
  }
  const drifts = new Map<string, string>()
  return {
    ports,
    rollout: createDelegatedRollout(ports, drifts),
    /** That an app runs something else than what was deployed, in words for people. */
    drift: (app: string) => drifts.get(app),
  }
}

/** What an orchestrator's marks name is on record here. */
export const isOurs =
  ({ find }: SlotPorts['journal']) =>
  ({ app, generation, deployment }: { app: string; generation: number; deployment: string }) =>
    find(app, generation)?.deployment.id === deployment
