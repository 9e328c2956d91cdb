import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const UNIT = 'deploy-receiver.service'
const ANSWER_MS = 60_000

/** Whether systemd runs this machine, and knows the receiver's unit. */
export async function hasUnit(): Promise<boolean> {
  // sd_booted(3)
  if (!existsSync('/run/systemd/system')) return false
  return systemctl('cat', UNIT).then(
    () => true,
    () => false,
  )
}

/** Has systemd start it, now and with the machine. Throws an error with systemd's words. */
export async function startUnit(): Promise<void> {
  try {
    await systemctl('enable', UNIT)
    // also when it came to its end, or gave up
    await systemctl('restart', UNIT)
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw Object.assign(
      new Error(`systemd does not start ${UNIT}: ${stderr?.trim() || message}`, { cause: error }),
      { hint: `\`journalctl -u ${UNIT} -n 30\` says why` },
    )
  }
}

const systemctl = (...words: string[]) =>
  promisify(execFile)('systemctl', words, { timeout: ANSWER_MS })
