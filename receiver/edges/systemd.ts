import { execFile } from 'node:child_process'
import type { Report } from '../core/log.ts'
import { printable } from './printable.ts'

/** The service manager that started this process, and wants to hear how it is (sd_notify(3)). */
export interface Systemd {
  /** Without a sign of life for so long it ends this process; absent: it does not wait for any. */
  watchdogMs?: number
  /** Tells it these, one after the other as they were called. Never rejects: what fails is reported once. */
  tell(said: Readonly<Record<string, string>>): Promise<void>
}

/** A service manager that does not answer is not waited for longer. */
const TELL_MS = 10_000
const MOST_BYTES = 500

/**
 * What `environment` names; `undefined` when nobody wants to hear anything. Its variables are taken out, so that no
 * program that this one starts speaks in its place. Node has no datagram sockets: `systemd-notify` has.
 */
export function connectSystemd(
  environment: NodeJS.ProcessEnv,
  report: Report,
): Systemd | undefined {
  const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec = '' } = environment
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
  if (socket === '') return undefined
  const watchdogMs = Math.floor(Number(usec) / 1000)
  let isReported = false
  let last: Promise<void> = Promise.resolve()

  return {
    ...(watchdogMs > 0 ? { watchdogMs } : {}),
    tell(said) {
      // a line break would be the beginning of another assignment
      const words = Object.entries(said).map(
        ([name, value]) => `${name}=${printable(Buffer.from(value), MOST_BYTES)}`,
      )
      last = last.then(async () => {
        const failure = await notify(words, { ...environment, NOTIFY_SOCKET: socket })
        if (failure === undefined || isReported) return
        isReported = true
        report('systemd cannot be told how the receiver is', failure)
      })
      return last
    },
  }
}

/** Resolves to why it failed, if it did. */
const notify = (words: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ error: Error; hint: string } | undefined>((resolve) =>
    execFile('systemd-notify', words, { env, timeout: TELL_MS }, (error) =>
      resolve(
        error === null
          ? undefined
          : {
              error,
              hint: 'it needs the program systemd-notify, and NotifyAccess=all in the unit',
            },
      ),
    ),
  )
