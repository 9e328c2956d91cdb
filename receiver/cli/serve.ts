import { loadConfig } from '../config/load.ts'
import { createLog } from '../serve/log.ts'
import type { Options } from './options.ts'
import { secretsOf } from '../config/secrets-of.ts'
import { createRedactor } from '../core/redact.ts'
import { serve } from '../serve/serve.ts'

/** `deploy-receiver serve`: until SIGTERM or SIGINT; SIGHUP reads the config again. A second signal ends it at once. */
export async function run({ config: file }: Options): Promise<number> {
  const config = loadConfig(file, process.env)
  // what was learnt stays known over a reload: containers that run have it
  const redactor = createRedactor(secretsOf(config))
  const log = createLog(redactor.redact)

  // one after the other: each compares with what the one before left
  let last: Promise<unknown> = Promise.resolve()
  const reload = () => {
    const mine = last.then(() => {
      const next = loadConfig(file, process.env)
      redactor.learn(secretsOf(next))
      return receiver.reload(next)
    })
    last = mine.catch(() => {})
    return mine
  }
  const receiver = await serve(config, process.env, { log, redactor, reload })
  process.on('SIGHUP', () => {
    reload().catch((error: unknown) => {
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
