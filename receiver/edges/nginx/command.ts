import { execFile } from 'node:child_process'

const TIMEOUT_MS = 20_000

/** Runs a command of the config by the shell. Rejects with what it printed. */
export const runCommand = (command: string): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(
      '/bin/sh',
      ['-c', command],
      {
        timeout: TIMEOUT_MS,
        // Debian keeps nginx in sbin, which a service's PATH may lack
        env: {
          ...process.env,
          PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
        },
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve()
        const said = `${stderr}${stdout}`.trim()
        const ended =
          error.killed === true
            ? `took longer than ${TIMEOUT_MS / 1000} s`
            : `ended with ${error.code}`
        reject(new Error(`\`${command}\` ${ended}${said === '' ? '' : `: ${said}`}`))
      },
    )
  })
