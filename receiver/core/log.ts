/** One line for whoever operates the receiver. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, details?: object) => void

/** Says what is not a deployment's own news: a container started again, a cleanup that failed. */
export type Report = (message: string, details: Record<string, unknown>) => void
