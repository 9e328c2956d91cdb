import { Argument, type Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Trial } from '../core/notify/state.ts'
import { ago } from './age.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'
import { table } from './table.ts'

export const notifyCommand = () =>
  command('notify', 'show who hears of news and how that went, or send them a test', [
    ['deploy-receiver notify', 'each target, what waits for it, and why it was not told'],
    ['deploy-receiver notify test', 'sends to each, and shows what each answered'],
    ['deploy-receiver notify test slack', 'to one'],
  ])
    .addArgument(new Argument('[test]', 'sends a test message').choices(['test']))
    .argument('[target]', 'with test: one of them, by its name; without it: all')
    .addOption(jsonOption())
    .action(
      exits(
        async (
          what: 'test' | undefined,
          target: string | undefined,
          _own: unknown,
          self: Command,
        ) => {
          const { config, json = false } = self.optsWithGlobals<Given & { json?: boolean }>()
          const socket = socketOf(config, process.env)
          return what === 'test' ? test(socket, target, json) : show(socket, json)
        },
      ),
    )

async function test(socket: string, target: string | undefined, json: boolean): Promise<number> {
  const query = target === undefined ? '' : `?target=${encodeURIComponent(target)}`
  const { targets } = (await ask(socket, `/notify/test${query}`, 'POST')) as { targets: Trial[] }
  if (json) sayJson(targets)
  else if (targets.length === 0) say(NOBODY)
  else {
    console.log(
      table(
        ['TARGET', 'KIND', 'RESULT', 'ANSWER'],
        targets.map(({ name, kind, ok, answer }) => [
          name,
          kind,
          ok ? { text: 'told', style: 'green' } : { text: 'not told', style: 'red' },
          answer,
        ]),
        { giving: ['ANSWER'] },
      ),
    )
    for (const { name, hint } of targets) {
      if (hint !== undefined) complain(`${name}: ${hint}`)
    }
  }
  return targets.every(({ ok }) => ok) ? 0 : 1
}

/** As the receiver answers. */
export interface TargetAnswer {
  name: string
  kind: string
  waiting: number
  told_at: string | null
  failing: { why: string; at: string; since: string } | null
  dropped: number
  last_drop: { why: string; at: string } | null
}

async function show(socket: string, json: boolean): Promise<number> {
  const { targets } = (await ask(socket, '/notify')) as { targets: TargetAnswer[] }
  if (json) sayJson(targets)
  else if (targets.length === 0) say(NOBODY)
  else {
    console.log(
      table(
        ['TARGET', 'KIND', 'LAST TOLD', 'WAITING', 'DROPPED', 'WHY'],
        targets.map(({ name, kind, waiting, told_at: at, failing, dropped, last_drop: drop }) => [
          name,
          kind,
          at === null ? '-' : ago(at),
          String(waiting),
          String(dropped),
          failing?.why ?? drop?.why ?? '-',
        ]),
        { giving: ['WHY'] },
      ),
    )
  }
  return targets.every(({ failing }) => failing === null) ? 0 : 1
}

const NOBODY = 'nobody is told of news: docs/notifications.md says how'

/** What a status says of those that were not told. */
export const remarksOf = (targets: readonly TargetAnswer[]): string[] =>
  targets.flatMap(({ name, failing, waiting, dropped, last_drop: drop }) => {
    const remedy = 'deploy-receiver notify says more'
    if (failing !== null) return [`${name}: ${waiting} not told: ${failing.why}; ${remedy}`]
    return dropped === 0 || drop === null
      ? []
      : [`${name}: ${dropped} dropped within a week, ${ago(drop.at)}: ${drop.why}; ${remedy}`]
  })
