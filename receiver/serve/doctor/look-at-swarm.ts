import type { AppConfig } from '../../config/config.ts'
import type { SwarmApp } from '../../core/app.ts'
import type { OrderStatus } from '../../core/delegated/orchestrator.ts'
import type { Finding, Found } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'
import type { SwarmNode } from '../../edges/swarm/nodes.ts'
import { look } from './look.ts'
import { lookAtOrder } from './look-at-order.ts'

export interface LookedAtSwarm {
  nodes(): Promise<SwarmNode[]>
  status(app: SwarmApp): Promise<OrderStatus>
}

/** Of apps that are services of a swarm: whether this machine manages one, its nodes are there, and each runs what was deployed. */
export function lookAtSwarm(
  all: readonly AppConfig[],
  swarm: LookedAtSwarm,
  journal: Pick<Journal, 'live' | 'next' | 'find' | 'settings'>,
): Promise<Finding>[] {
  const apps = all.flatMap((app) => (app.engine === 'swarm' ? app : []))
  if (apps.length === 0) return []
  return [
    look('swarm', async () => lookAtNodes(await swarm.nodes(), apps)),
    ...apps.map((app) =>
      look({ id: `app:${app.name}`, what: `app ${app.name}` }, async () =>
        lookAtOrder(app, await swarm.status(app), {
          journal,
          hint: `\`docker service ps\` shows its tasks; deploy-receiver logs ${app.name} what they print`,
        }),
      ),
    ),
  ]
}

function lookAtNodes(nodes: readonly SwarmNode[], apps: readonly SwarmApp[]): Found {
  const away = nodes.filter(({ state }) => state !== 'ready')
  if (away.length > 0) {
    const names = away.map(({ name, state }) => `${name} (${state})`).join(', ')
    const hint = '`docker node ls`; `docker node rm` takes one out that does not come back'
    return { message: `${nodes.length} nodes, of which ${names}`, hint }
  }
  const message = `this machine manages ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
  const led = apps.find(({ swarm: { publish } }) => publish?.mode === 'host')
  const unknown = (led?.swarm.publish?.nodes ?? []).filter(
    (address) => address !== '127.0.0.1' && !nodes.some((node) => node.address === address),
  )
  if (led === undefined || unknown.length === 0) return message
  return {
    message: `${message}; ${unknown.join(', ')} is the address of none`,
    hint: `apps.${led.name}.swarm.publish.nodes: ${nodes.map(({ address }) => address).join(', ')}`,
  }
}
