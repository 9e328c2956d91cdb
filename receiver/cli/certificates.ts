import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Finding } from '../core/finding.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { showFindings } from './findings.ts'
import { say } from './print.ts'

export const certificatesCommand = () =>
  command('certificates', 'show how long the certificates of sites are good for', [
    ['deploy-receiver certificates', 'or why there is none, and when it is tried again'],
    ['deploy-receiver certificates --look', 'has the receiver look at their files now'],
  ])
    .option('--look', 'have changed files looked at now, instead of within a minute')
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => certificates(self.optsWithGlobals())))

async function certificates({
  config,
  look = false,
  json = false,
}: Given & { look?: boolean; json?: boolean }): Promise<number> {
  const socket = socketOf(config, process.env)
  if (look) {
    await ask(socket, '/certificates/look', 'POST')
    return 0
  }
  const { checks } = (await ask(socket, '/certificates')) as { checks: Finding[] }
  if (checks.length > 0 || json) return showFindings(checks, json)
  say('no site has a certificate: docs/https.md says how they get one')
  return 0
}
