import type { SwarmApp } from '../app.ts'
import type { Journal, StoredDeployment } from '../journal.ts'
import { publishedAt } from './published-at.ts'

/**
 * Where an app is found at this moment, whatever the config says by now: a service that the receiver makes has the port of its live
 * release, and while a deployment runs that of the next one beside it. Nginx passes over the one that does not answer. What its owner
 * made is where the config says.
 */
export function publishedNow(
  app: SwarmApp,
  journal: Pick<Journal, 'live' | 'next' | 'settings'>,
): string[] {
  const placesOf = (order: StoredDeployment | undefined): string[] => {
    const swarm = order && journal.settings(order.deployment.id)?.swarm
    if (swarm === undefined) return []
    const isTheirs = swarm.service !== undefined && swarm.service === app.swarm.service
    return publishedAt(isTheirs ? app : { engine: 'swarm', swarm })
  }
  const next = journal.next(app.name)
  const running = next?.deployment.status === 'running' ? next : undefined
  const places = new Set([...placesOf(journal.live(app.name)), ...placesOf(running)])
  return places.size > 0 ? [...places] : publishedAt(app)
}
