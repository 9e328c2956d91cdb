import type { Command } from 'commander'
import type { Finding } from '../core/finding.ts'
import { DEFAULT_SOCKET, socketOf } from '../config/socket.ts'
import { ask, NoReceiver } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { showFindings } from './findings.ts'

export const doctorCommand = () =>
  command('doctor', 'check everything that a deployment needs, and say what to do', [
    ['deploy-receiver doctor', 'ends with 1 when something is not as it has to be'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (_own: unknown, self: Command) => {
        const { config, json = false } = self.optsWithGlobals<Given & { json?: boolean }>()
        return showFindings(await examine(config), json)
      }),
    )

/** Without a receiver to ask it is looked at from here, as far as that goes. */
async function examine(config: string): Promise<Finding[]> {
  try {
    const { checks } = (await ask(findSocket(config), '/doctor')) as { checks: Finding[] }
    return checks
  } catch (error) {
    if (!(error instanceof NoReceiver)) throw error
    const { message, hint } = error
    const { lookWithoutReceiver } = await import('../serve/doctor/doctor-alone.ts')
    const receiver = { id: 'receiver', what: 'receiver', ok: false, message, hint }
    return [receiver, ...(await lookWithoutReceiver(config, process.env))]
  }
}

/** A config that is no YAML any more is a finding, and no reason to look at nothing else. */
function findSocket(config: string): string {
  try {
    return socketOf(config, process.env)
  } catch {
    return DEFAULT_SOCKET
  }
}
