import { Argument, type Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Seen } from '../core/slots/maintenance.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'
import { withoutFractions } from './words.ts'

export const drainCommand = () =>
  command('drain', 'take this machine out of its load balancers, or let it in again', [
    ['deploy-receiver drain on', 'balancers send visitors elsewhere, until it is switched off'],
    ['deploy-receiver drain off', 'they come here again'],
    ['deploy-receiver drain', 'which one it is, and what balancers get'],
  ])
    .addArgument(
      new Argument('[on|off]', 'without it: says which one it is').choices(['on', 'off']),
    )
    .addOption(jsonOption())
    .action(
      exits(async (wanted: string | undefined, _own: unknown, self: Command) =>
        drain(wanted, self.optsWithGlobals()),
      ),
    )

export interface DrainAnswer {
  drained: boolean
  since: string | null
  seen: readonly Seen[]
}

const UP = 200
const DOWN = 503

/** 1 when balancers get something else than what it is: whoever switched it relies on that. */
async function drain(
  wanted: string | undefined,
  { config, json }: Given & { json?: boolean },
): Promise<number> {
  const socket = socketOf(config, process.env)
  const answer = (await (wanted === undefined
    ? ask(socket, '/drain')
    : ask(socket, `/drain?on=${wanted === 'on'}`, 'POST'))) as DrainAnswer
  const { drained, since, seen } = answer
  const others = seen.filter(({ status }) => status !== (drained ? DOWN : UP))
  if (json) sayJson(answer)
  else {
    say(`drain is ${drained ? `on since ${withoutFractions(since ?? '')}` : 'off'}`)
    for (const { at, status } of seen) {
      say(`  ${at} ${status === undefined ? 'does not answer' : `answers ${status}`}`)
    }
    if (seen.length === 0) say('  what balancers get could not be seen: ask by curl')
    if (others.length > 0) complain(`deploy-receiver: ${REMEDY}`)
  }
  return others.length > 0 ? 1 : 0
}

const REMEDY = `not every address answers balancers so
  deploy-receiver doctor looks at Nginx; a default_server of your own has to answer that path itself (docs/fleet.md)`
