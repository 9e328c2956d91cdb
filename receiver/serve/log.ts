import { type DestinationStream, pino } from 'pino'
import { DeployError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Redactor } from '../core/redaction/redactor.ts'

/** One JSON object a line, on standard output: what systemd and Docker collect. Secrets are taken out of all of it. */
export function createLog(
  redactor: Pick<Redactor, 'redact' | 'of'>,
  destination?: DestinationStream,
): Log {
  const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const logger = destination === undefined ? pino(options) : pino(options, destination)
  return (level, message, details = {}) => {
    const { error, ...rest } = details as { error?: unknown }
    const shown = error === undefined ? rest : { ...rest, err: describe(error) }
    const { app } = rest as { app?: unknown }
    const redact = typeof app === 'string' ? redactor.of(app) : redactor.redact
    logger[level](redact(shown), redact(message))
  }
}

/** Only what is made for people: other properties of an error may hold the request with its credentials. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  // it says itself what failed and what to do; where in the code is of no use
  if (error instanceof DeployError) {
    const { code, message, hint } = error
    return { code, message, hint }
  }
  const { type, message, stack } = pino.stdSerializers.err(error)
  return { type, message, stack }
}
