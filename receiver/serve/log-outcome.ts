import type { Deployment } from '../../protocol/deployment.ts'
import type { Log } from '../http/services.ts'

/** One line for each deployment that is over; what its container said stays in its record. */
export function logOutcome(log: Log, { id, app, action, status, image, error }: Deployment): void {
  const details = { deployment: id, app, action, digest: image.digest }
  if (status !== 'failed') return log('info', `deployment ${status}`, details)
  log('warn', 'deployment failed', {
    ...details,
    code: error?.code,
    reason: error?.message,
    hint: error?.hint,
  })
}
