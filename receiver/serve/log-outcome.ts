import type { Listener } from '../core/listeners.ts'
import type { Log } from '../core/log.ts'

/** One line in the log for each deployment that is over; what its container said stays in its record. */
export const logOutcome =
  (log: Log): Listener =>
  ({ id, app, action, status, image, error }, event) => {
    if (event.type !== 'finished') return
    const details = { deployment: id, app, action, digest: image.digest }
    if (status !== 'failed') return log('info', `deployment ${status}`, details)
    const { code, message: reason, hint } = error ?? {}
    log('warn', 'deployment failed', { ...details, code, reason, hint })
  }
