import type { Finding } from '../core/finding.ts'
import { DEFAULT_SOCKET, socketOf } from '../config/socket.ts'
import { lookWithoutReceiver } from '../serve/doctor-alone.ts'
import { ask, NoReceiver } from './ask.ts'
import { showFindings } from './findings.ts'
import type { Options } from './options.ts'

/**
 * `deploy-receiver doctor`: looks at all that a deployment needs; 1 when something is not as it has to be. Without a receiver to
 * ask it looks itself, as far as that goes.
 */
export async function doctor({ config, json }: Options): Promise<number> {
  return showFindings(await examine(config), json)
}

async function examine(config: string): Promise<Finding[]> {
  try {
    const { checks } = (await ask(findSocket(config), '/doctor')) as { checks: Finding[] }
    return checks
  } catch (error) {
    if (!(error instanceof NoReceiver)) throw error
    const { message, hint } = error
    const receiver = { what: 'receiver', ok: false, message, hint }
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
