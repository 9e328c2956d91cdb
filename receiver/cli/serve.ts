import { loadConfig } from '../config/load.ts'
import { createLog } from '../log.ts'
import type { Options } from '../main.ts'
import { createRedact, secretsOf } from '../redact.ts'
import { serve } from '../serve.ts'

/** `deploy-receiver serve`: until SIGTERM or SIGINT. A second signal ends it at once. */
export async function run({ config }: Options): Promise<number> {
  const loaded = loadConfig(config, process.env)
  const redact = createRedact(secretsOf(loaded))
  const log = createLog(redact)
  const receiver = await serve(loaded, process.env, { log, redact })
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
  })
  log('info', 'stopping', { signal })
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1))
  await receiver.close()
  return 0
}
