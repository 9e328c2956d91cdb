import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { say, sayJson } from './print.ts'
import { withoutFractions } from './words.ts'

export const stopCommand = () =>
  command('stop <app>', "end an app's containers, and have Nginx tell visitors so, until `start`", [
    ['deploy-receiver stop api', 'also over restarts of the machine; a deployment starts it again'],
  ])
    .addOption(jsonOption())
    .action(exits(async (app: string, _own: unknown, self: Command) => tell('stop', app, self)))

/** Has it done, and says what is so now. */
export async function tell(what: 'stop' | 'start', app: string, self: Command): Promise<number> {
  const {
    config,
    json,
    withoutData = false,
  } = self.optsWithGlobals<Given & { json?: boolean; withoutData?: boolean }>()
  const query = withoutData ? '?without_data=true' : ''
  const path = `/apps/${encodeURIComponent(app)}/${what}${query}`
  const answer = await ask(socketOf(config, process.env), path, 'POST')
  const { stopped_since: since } = answer as { stopped_since: string | null }
  const line =
    since === null
      ? `${app} runs`
      : `${app} is stopped since ${withoutFractions(since)}; deploy-receiver start ${app} starts it again`
  if (json) sayJson(answer)
  else say(line)
  return 0
}
