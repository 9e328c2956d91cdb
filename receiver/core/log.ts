import type { Deployment } from '../../protocol/deployment.ts'

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

/** What each line of a deployment has: by the request's id all of them are found, whoever wrote them. */
export const lineOf = ({
  app,
  id,
  request_id,
}: Pick<Deployment, 'app' | 'id' | 'request_id'>): Record<string, string> => ({
  app,
  deployment: id,
  ...(request_id === undefined ? {} : { request_id }),
})
