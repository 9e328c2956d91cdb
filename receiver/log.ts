import { pino } from 'pino'
import type { Log } from './http/services.ts'

/** One JSON object a line, on standard output: what systemd and Docker collect. */
export function createLog(): Log {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime })
  return (level, message, details = {}) => {
    const { error, ...rest } = details as { error?: unknown }
    logger[level](error === undefined ? rest : { ...rest, err: error }, message)
  }
}
