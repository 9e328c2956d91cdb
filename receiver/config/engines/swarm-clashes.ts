import type { SwarmApp } from '../../core/app.ts'
import { serviceOf } from '../../core/delegated/service-of.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'

/** What a swarm takes as the name of a service. */
const LONGEST_NAME = 63

/** Refuses what a swarm would: a name that is too long, a service of two apps, and a port that two publish at one node. */
export function refuseClashes(
  reader: Reader,
  field: Field | undefined,
  { apps, network }: { apps: Readonly<Record<string, AppConfig>>; network: string },
): void {
  const before: SwarmApp[] = []
  const fields = reader.mapping(field)
  for (const app of Object.values(apps)) {
    if (app.engine !== 'swarm') continue
    const at = reader.mapping(fields.get(app.name)).get('swarm') ?? fields.get(app.name)
    const place = at ?? reader.root
    const service = serviceOf(app, network)
    if (app.swarm.service === undefined && service.length > LONGEST_NAME) {
      reader.problem(
        place,
        `its service would be called ${service}, and a swarm takes at most ${LONGEST_NAME} characters`,
        'give the app or the network (network.name) a shorter name',
      )
    }
    const twin = before.find((other) => serviceOf(other, network) === service)
    if (twin !== undefined) {
      const message = `the service ${service} is that of ${twin.name} already`
      reader.problem(place, message, 'a service has one image: name another one')
    }
    const inTheWay = before.find((other) => other !== twin && meet(app, other))
    if (inTheWay !== undefined) {
      const message = `the port ${app.swarm.publish?.port} is published by ${inTheWay.name} already`
      reader.problem(
        place,
        message,
        'publish another one: visitors come by Nginx and do not see it',
      )
    }
    before.push(app)
  }
}

/** By the routing mesh a port is taken at all nodes; in host mode at those where tasks run, which differ if the named ones do. */
function meet({ swarm: { publish: one } }: SwarmApp, { swarm: { publish: other } }: SwarmApp) {
  if (one === undefined || other === undefined || one.port !== other.port) return false
  const isApart = one.mode === 'host' && other.mode === 'host'
  return !isApart || one.nodes.some((node) => other.nodes.includes(node))
}
