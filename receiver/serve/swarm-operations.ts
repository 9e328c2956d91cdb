import { type SwarmApp, withSettings } from '../core/app.ts'
import { readDelegatedLogs } from '../core/delegated/logs.ts'
import { orderOf } from '../core/delegated/order-of.ts'
import { delegatedPlan } from '../core/delegated/plan.ts'
import type { DelegatedPorts } from '../core/delegated/ports.ts'
import { defined } from '../core/defined.ts'
import { DeployError } from '../core/errors.ts'
import type { Operations } from '../core/operations.ts'
import { type Room, roomFor } from '../edges/swarm/service-spec.ts'
import type { OpenStore } from './open-store.ts'

/** Nobody waits at a terminal for longer. */
const RUN_MS = 24 * 60 * 60 * 1000

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
  const { orchestrator, visitors, clock } = ports
  return {
    async plan(app) {
      const { service, publish } = app.swarm
      const theirs = service === undefined ? undefined : await standing(app)
      const room = theirs?.room ?? roomFor(app.container, publish?.mode)
      const replicas = theirs?.replicas ?? app.replicas
      const order = app.swarm.order ?? (room === 'for both' ? 'start-first' : 'stop-first')
      const isThere = theirs !== undefined || ports.journal.live(app.name) !== undefined
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

    async health(app, ask) {
      const { wanted, updated, old, failures, generation } = await orchestrator.status(app)
      const answer =
        ask && (await visitors.ask(app, clock.timeout(ask.withinMs)).catch(() => undefined))
      return {
        containers: wanted,
        running: updated + old,
        restarts: failures.filter((each) => each.generation === generation).length,
        ...defined({ answer }),
      }
    },

    logs: (app, stored, options, signal) =>
      readDelegatedLogs(app, stored, options, { ...store, orchestrator }, signal),

    async run({ app: configured, live, command }, terminal, signal) {
      const app = withSettings(configured, ports.journal.settings(live.deployment.id))
      const name = `run-${live.generation}-${Math.round(clock.ms())}`
      const encoder = new TextEncoder()
      let printed = Promise.resolve()
      const output = (line: string) => {
        printed = printed
          .then(() => terminal.print('stdout', encoder.encode(`${line}\n`)))
          // whoever ordered it is gone, which the signal says as well
          .catch(() => {})
      }
      try {
        const ended = await orchestrator.runOnce(orderOf(app, live), {
          name,
          command,
          timeoutMs: RUN_MS,
          output,
          signal,
        })
        await printed
        return ended
      } finally {
        await orchestrator.removeCommands(app, name)
      }
    },

    async container(app, live, replica) {
      const all = await orchestrator.instances(app)
      const found = all.find(
        (each) => each.generation === live.generation && each.replica === replica && each.running,
      )
      if (found === undefined || found.container !== undefined) return found?.container
      throw new DeployError(
        'elsewhere',
        `replica ${replica} of ${app.name} runs on ${found.where}, and commands are run on this machine alone`,
        { hint: `docker exec on ${found.where}, or deploy-receiver run ${app.name} -- <command>` },
      )
    },

    stop: (app) => Promise.reject(ownersMatter(app, '0')),
    start: (app) => Promise.reject(ownersMatter(app, String(app.replicas))),
  }
}

const START_FIRST = 'new tasks start before old ones end'
const STOP_FIRST = {
  'for both': 'old tasks end before new ones start, as swarm.order says',
  'host port': 'old tasks end before new ones start: a port of a node is for one task alone',
  volume: 'old tasks end before new ones start: two would write to its volumes',
} as const

const ownersMatter = ({ name, swarm }: SwarmApp, replicas: string) =>
  new DeployError('elsewhere', `${name} is a service of the swarm, which keeps it running`, {
    hint: `docker service scale ${swarm.service ?? `<network>-${name}`}=${replicas}; deploy-receiver maintenance ${name} on keeps visitors out`,
  })
