import { Argument, type Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Seen } from '../core/slots/maintenance.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'
import { withoutFractions } from './words.ts'

export const maintenanceCommand = () =>
  command('maintenance <app>', 'show visitors a maintenance page, or stop showing it', [
    ['deploy-receiver maintenance api on', 'visitors get 503, until it is switched off'],
    ['deploy-receiver maintenance api off', 'they come to the app again'],
    ['deploy-receiver maintenance api', 'which one it is, and what they get'],
  ])
    .addArgument(
      new Argument('[on|off]', 'without it: says which one it is').choices(['on', 'off']),
    )
    .addOption(jsonOption())
    .action(
      exits(async (app: string, wanted: string | undefined, _own: unknown, self: Command) =>
        maintenance(app, wanted, self.optsWithGlobals()),
      ),
    )

interface Answer {
  app: string
  maintenance: boolean
  since: string | null
  stopped_since: string | null
  seen: readonly Seen[]
}

/** 1 when there is maintenance and visitors get something else: whoever switched it on relies on it. */
async function maintenance(
  app: string,
  wanted: string | undefined,
  { config, json }: Given & { json?: boolean },
): Promise<number> {
  const path = `/apps/${encodeURIComponent(app)}/maintenance`
  const socket = socketOf(config, process.env)
  const answer = (await (wanted === undefined
    ? ask(socket, path)
    : ask(socket, `${path}?on=${wanted === 'on'}`, 'POST'))) as Answer
  const { maintenance: isOn, since, stopped_since: stopped, seen } = answer
  const others = isOn ? seen.filter(({ status }) => status !== UNAVAILABLE) : []
  if (json) sayJson(answer)
  else {
    say(`${app}: maintenance is ${isOn ? `on since ${withoutFractions(since ?? '')}` : 'off'}`)
    if (stopped !== null) {
      say(
        `  and ${app} is stopped since ${withoutFractions(stopped)}, which visitors are told: deploy-receiver start ${app} ${isOn ? 'starts it; the maintenance stays' : 'lets them in'}`,
      )
    }
    for (const each of seen) say(`  ${describe(each)}`)
    if (seen.length === 0) say('  what visitors get could not be seen: ask its site by curl')
    if (others.length > 0) complain(`deploy-receiver: ${remedyOf(others)}`)
  }
  return others.length > 0 ? 1 : 0
}

const UNAVAILABLE = 503

const describe = ({ at, status }: Seen) =>
  `${at} ${status === undefined ? 'does not answer' : `answers ${status}`}`

const remedyOf = (others: readonly Seen[]) =>
  others.every(({ status }) => status === undefined)
    ? `nobody answers visitors
  deploy-receiver doctor says why`
    : `not all visitors get 503
  a site of your own has to include both snippets (docs/swap.md); a file of the receiver's that was edited before it knew of maintenance is written anew by deploy-receiver reload --overwrite`
