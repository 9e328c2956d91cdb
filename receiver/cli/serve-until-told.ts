import { describeProblem, type Remarks } from '../config/problems.ts'
import { takeVariables } from '../config/variables.ts'
import { createLog, openSink } from '../serve/log.ts'
import type { ReloadOptions } from '../config/changes.ts'
import type { Config } from '../config/config.ts'
import type { Given } from './command.ts'
import { secretsOf, secretsOfBoth } from '../config/secrets-of.ts'
import type { Report } from '../core/log.ts'
import { createRedactor } from '../core/redaction/redactor.ts'
import { readConfig } from '../serve/read-config.ts'
import { serve } from '../serve/serve.ts'
import { answersAt, tellSystemd } from '../serve/tell-systemd.ts'

/** Serves until SIGTERM or SIGINT; SIGHUP reads the config again. A second signal ends it at once. */
export async function serveUntilTold({ config: file }: Given): Promise<number> {
  let remarks: Remarks = { warnings: [], notices: [], files: [] }
  // without those of the env file, which a reload reads again
  const own = { ...process.env }
  const read = ({ tolerant }: { tolerant: boolean }) =>
    readConfig(file, own, (found) => (remarks = found), undefined, { tolerant })
  // a reload is refused instead, and leaves what was right
  const { config, text } = await read({ tolerant: true })
  let inForce = config
  takeVariables(file, process.env)
  let secrets = secretsOf(config)
  const redactor = createRedactor(secrets)
  const log = createLog(redactor, {
    sink: await openSink(process.env),
    least: () => inForce.logLevel,
  })
  // Node prints it, too, and ends the process: what is looked for by its level is found so
  process.on('uncaughtExceptionMonitor', (error) =>
    log('error', 'the receiver ends: nothing was there to take an error', { error }),
  )
  const remark = () => {
    for (const each of remarks.warnings) log('warn', describeProblem(config.file, each))
    for (const each of remarks.notices) log('info', describeProblem(config.file, each))
  }
  remark()
  const report: Report = (message, details) => log('warn', message, details)
  const systemd = tellSystemd(process.env, {
    isAlive: (signal) => answersAt(config.socket, signal),
    report,
  })

  // one after the other: each compares with what the one before left
  let last: Promise<unknown> = Promise.resolve()
  const reload = (options: ReloadOptions) => {
    const mine = last.then(async () => {
      systemd.reloading()
      try {
        return await take(options)
      } finally {
        systemd.ready(statusOf(inForce))
      }
    })
    last = mine.catch(() => {})
    return mine
  }
  const take = async (options: ReloadOptions) => {
    const next = await read({ tolerant: false })
    const nextSecrets = secretsOf(next.config)
    redactor.take(secretsOfBoth(secrets, nextSecrets))
    remark()
    try {
      const changes = await receiver.reload(next, options)
      secrets = nextSecrets
      inForce = next.config
      return changes
    } finally {
      redactor.take(secrets)
    }
  }
  const receiver = await serve({ config, text }, own, { log, redactor, reload })
  systemd.ready(statusOf(inForce))
  process.on('SIGHUP', () => {
    reload({ overwrite: false }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      log('error', 'the config was refused; the one before stays in force', { reason })
    })
  })

  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
  })
  log('info', 'stopping', { signal })
  systemd.stopping()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1))
  await receiver.close()
  return 0
}

/** The line of `systemctl status`. */
function statusOf({ url, apps }: Config): string {
  const names = Object.keys(apps)
  return `takes hooks at ${url} for ${names.length === 1 ? names[0] : `${names.length} apps`}`
}
