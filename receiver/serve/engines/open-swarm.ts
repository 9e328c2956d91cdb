import type { SwarmApp } from '../../core/app.ts'
import { defined } from '../../core/defined.ts'
import type { SlotPorts } from '../../core/slots/ports.ts'
import { swarmApi } from '../../edges/swarm/api.ts'
import { lookAtNodes } from '../../edges/swarm/nodes.ts'
import { serviceName } from '../../edges/swarm/own-service.ts'
import { roomOf } from '../../edges/swarm/service-spec.ts'
import { createSwarm, type SwarmOptions } from '../../edges/swarm/swarm.ts'
import { isOurs, openDelegated } from './open-delegated.ts'
import type { Standing } from './swarm-operations.ts'

/** Makes all that an app needs that is a service of a swarm. Nothing is asked yet. */
export function openSwarm(
  slotPorts: SlotPorts,
  { docker, home, credentials }: Pick<SwarmOptions, 'docker' | 'home' | 'credentials'>,
) {
  const { journal, clock, report, registry } = slotPorts
  const orchestrator = createSwarm({
    docker,
    home,
    credentials,
    registry,
    clock,
    isOurs: isOurs(journal),
  })
  return {
    ...openDelegated(orchestrator, slotPorts),
    orchestrator,
    nameOf: (app: SwarmApp) => serviceName(app, home),
    nodes: () => lookAtNodes(swarmApi(docker)),
    status: orchestrator.status,
    /** A service that stands already; `undefined` when there is none. */
    async standing(app: SwarmApp): Promise<Standing | undefined> {
      const { Spec } = (await swarmApi(docker).service(serviceName(app, home))) ?? {}
      return (
        Spec && { room: roomOf(Spec), ...defined({ replicas: Spec.Mode?.Replicated?.Replicas }) }
      )
    },
    /** What is left of an app in the swarm, if this machine manages one. */
    async remove(app: string): Promise<string[]> {
      const { Swarm } = (await docker.info()) as { Swarm?: { ControlAvailable?: boolean } }
      if (Swarm?.ControlAvailable !== true) return []
      return orchestrator.remove(app).catch((error: unknown) => {
        report('what the swarm has of the app could not be removed', { app, error })
        return []
      })
    },
  }
}
