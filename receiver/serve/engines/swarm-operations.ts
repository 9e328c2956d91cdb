import { type SwarmApp, withSettings } from '../../core/app.ts'
import { delegatedPlan } from '../../core/delegated/plan.ts'
import type { DelegatedPorts } from '../../core/delegated/ports.ts'
import type { Operations } from '../../core/operations.ts'
import { type Room, roomFor } from '../../edges/swarm/service-spec.ts'
import { delegatedOperations, type Words } from './delegated-operations.ts'
import type { OpenStore } from '../open-store.ts'

/** A service as its owner has it. */
export interface Standing {
  /** Whether a new task can run beside an old one. */
  room: Room
  /** Absent of one that runs on each node. */
  replicas?: number
}

/** Of apps that are services of a swarm. */
export function swarmOperations(
  ports: DelegatedPorts<SwarmApp>,
  {
    store,
    standing,
  }: { store: OpenStore; standing: (app: SwarmApp) => Promise<Standing | undefined> },
): Operations<SwarmApp> {
  const { journal } = ports
  /** The config may say of the next deployment already where it will be. */
  const asLive = (app: SwarmApp): SwarmApp => {
    const live = journal.live(app.name)
    return live === undefined || app.swarm.service !== undefined
      ? app
      : withSettings(app, journal.settings(live.deployment.id))
  }
  return {
    ...delegatedOperations(ports, { store, words: WORDS, asLive }),
    async plan(app) {
      const { service, publish } = app.swarm
      const theirs = service === undefined ? undefined : await standing(app)
      const room = theirs?.room ?? roomFor(app.container, publish?.mode)
      const replicas = theirs?.replicas ?? app.replicas
      const order = app.swarm.order ?? (room === 'for both' ? 'start-first' : 'stop-first')
      const isThere = theirs !== undefined || journal.live(app.name) !== undefined
      const how = order === 'start-first' ? START_FIRST : STOP_FIRST[room]
      return delegatedPlan(app, {
        pauses: app.http && isThere && order === 'stop-first' && replicas === 1,
        notes:
          service === undefined
            ? [how]
            : theirs === undefined
              ? [`the swarm has no service ${service}: the deployment would fail`]
              : [
                  `of the service ${service} the image alone is changed`,
                  ...(replicas === 0 ? [`${service} is scaled to 0: nothing would run`] : [how]),
                ],
      })
    },
  }
}

const START_FIRST = 'new tasks start before old ones end'
const STOP_FIRST = {
  'for both': 'old tasks end before new ones start, as swarm.order says',
  'host port': 'old tasks end before new ones start: a port of a node is for one task alone',
  volume: 'old tasks end before new ones start: two would write to its volumes',
} as const

const WORDS: Words<SwarmApp> = {
  what: 'a service of the swarm',
  exec: (_app, where) => `docker exec on ${where}`,
  scale: ({ name, swarm, replicas: configured }, replicas) =>
    `docker service scale ${swarm.service ?? `<network>-${name}`}=${replicas ?? configured}`,
}
