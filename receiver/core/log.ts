/**
 * By weight. `error`: somebody has to act, or it does not go on. `warn`: somebody should look. `info`: a step is done. `debug`: one
 * begins, or goes on.
 */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** One line for whoever operates the receiver. */
export type Log = (level: LogLevel, message: string, details?: object) => void

/** Says what is not a deployment's own news: a container started again, a cleanup that failed. */
export type Report = (
  message: string,
  details: Record<string, unknown>,
  /** `warn` when nothing is said. */
  level?: LogLevel,
) => void
