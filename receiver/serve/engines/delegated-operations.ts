import { type AppSpec, withSettings } from '../../core/app.ts'
import { readDelegatedLogs } from '../../core/delegated/logs.ts'
import { orderOf } from '../../core/delegated/order-of.ts'
import type { DelegatedPorts } from '../../core/delegated/ports.ts'
import { defined } from '../../core/defined.ts'
import { DeployError } from '../../core/errors.ts'
import type { Operations } from '../../core/operations.ts'
import type { OpenStore } from '../open-store.ts'

/** Nobody waits at a terminal for longer. */
const RUN_MS = 24 * 60 * 60 * 1000

/** How people who know an orchestrator call its things. */
export interface Words<App extends AppSpec> {
  /** `a service of the swarm`. */
  what: string
  /** How a command is run inside of an instance by the orchestrator's own means. */
  exec(app: App, where: string, instance: string): string
  /** How it is told how many are to run. */
  scale(app: App, replicas: number | undefined): string
}

/** Of apps that an orchestrator runs; how a deployment goes is told by each. */
export function delegatedOperations<App extends AppSpec>(
  { orchestrator, visitors, clock, journal }: DelegatedPorts<App>,
  {
    store,
    words,
    asLive = (app) => app,
  }: {
    store: OpenStore
    words: Words<App>
    /** The app where it is now: the config may say of the next deployment already where that will be. */
    asLive?: (app: App) => App
  },
): Omit<Operations<App>, 'plan'> {
  const ownersMatter = (app: App, replicas: number | undefined) =>
    new DeployError('elsewhere', `${app.name} is ${words.what}, which keeps it running`, {
      hint: `${words.scale(app, replicas)}; deploy-receiver maintenance ${app.name} on keeps visitors out`,
    })
  return {
    async health(app, ask) {
      const { wanted, updated, old, failures, generation } = await orchestrator.status(app)
      const answer =
        ask && (await visitors.ask(asLive(app), clock.timeout(ask.withinMs)).catch(() => undefined))
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
      const app = withSettings(configured, journal.settings(live.deployment.id))
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
        {
          hint: `${words.exec(app, found.where, found.id)}, or deploy-receiver run ${app.name} -- <command>`,
        },
      )
    },

    stop: (app) => Promise.reject(ownersMatter(app, 0)),
    start: (app) => Promise.reject(ownersMatter(app, undefined)),
  }
}
