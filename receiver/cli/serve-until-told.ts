import { loadConfig } from '../config/load.ts'
import { describeProblem, type Remarks } from '../config/problems.ts'
import { createLog, openSink } from '../serve/log.ts'
import type { ReloadOptions } from '../config/changes.ts'
import type { Given } from './command.ts'
import { secretsOf, secretsOfBoth } from '../config/secrets-of.ts'
import { createRedactor } from '../core/redaction/redactor.ts'
import { serve } from '../serve/serve.ts'

/** Serves until SIGTERM or SIGINT; SIGHUP reads the config again. A second signal ends it at once. */
export async function serveUntilTold({ config: file }: Given): Promise<number> {
  let remarks: Remarks = { warnings: [], notices: [] }
  const read = () => loadConfig(file, process.env, (found) => (remarks = found))
  const config = read()
  let { logLevel } = config
  let secrets = secretsOf(config)
  const redactor = createRedactor(secrets)
  const log = createLog(redactor, { sink: await openSink(process.env), least: () => logLevel })
  // Node prints it, too, and ends the process: what is looked for by its level is found so
  process.on('uncaughtExceptionMonitor', (error) =>
    log('error', 'the receiver ends: nothing was there to take an error', { error }),
  )
  const remark = () => {
    for (const each of remarks.warnings) log('warn', describeProblem(config.file, each))
    for (const each of remarks.notices) log('info', describeProblem(config.file, each))
  }
  remark()

  // one after the other: each compares with what the one before left
  let last: Promise<unknown> = Promise.resolve()
  const reload = (options: ReloadOptions) => {
    const mine = last.then(async () => {
      const next = read()
      const nextSecrets = secretsOf(next)
      redactor.take(secretsOfBoth(secrets, nextSecrets))
      remark()
      try {
        const changes = await receiver.reload(next, options)
        secrets = nextSecrets
        logLevel = next.logLevel
        return changes
      } finally {
        redactor.take(secrets)
      }
    })
    last = mine.catch(() => {})
    return mine
  }
  const receiver = await serve(config, process.env, { log, redactor, reload })
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
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1))
  await receiver.close()
  return 0
}
