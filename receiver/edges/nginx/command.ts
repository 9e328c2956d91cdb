import { execFile } from 'node:child_process'

/** Nginx looks up the names of other sites' upstreams before it answers, and a VM may be busy. */
const TIMEOUT_MS = 60_000
/** `nginx -T` prints all files of a machine with many sites. */
const MAX_BYTES = 64 * 1024 * 1024

/** A command of the config that did not end with 0; the message has what it printed. */
export class CommandError extends Error {
  /** What it ended with; 127 is the shell's "not found"; `undefined` when it took too long or was killed. */
  readonly exitCode: number | undefined

  constructor(message: string, exitCode: number | undefined, cause: unknown) {
    super(message, { cause })
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

/** Runs a command of the config by the shell. Resolves to what it printed. Rejects with `CommandError`. */
export const runCommand = (command: string): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      '/bin/sh',
      ['-c', command],
      {
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_BYTES,
        // Debian keeps nginx in sbin, which a service's PATH may lack
        env: {
          ...process.env,
          PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
        },
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ stdout, stderr })
        const said = `${stderr}${stdout}`.trim()
        const exitCode = typeof error.code === 'number' ? error.code : undefined
        const ended =
          error.killed === true
            ? `took longer than ${TIMEOUT_MS / 1000} s`
            : `ended with ${error.signal ?? error.code}`
        const message = `\`${command}\` ${ended}${said === '' ? '' : `: ${said}`}`
        reject(new CommandError(message, exitCode, error))
      },
    )
    // sudo that asks for a password fails at once instead of waiting
    child.stdin?.end()
  })
