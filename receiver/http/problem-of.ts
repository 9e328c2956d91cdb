import type { Context } from 'hono'
import { DeployError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { ProblemError } from './problem.ts'

/** What a client is told of an error; what nobody has foreseen is for the log. */
export function problemOf(error: Error, c: Context, log: Log): ProblemError {
  if (error instanceof ProblemError) return error
  const { method, path } = c.req
  log('error', 'a request failed', { method, path, request_id: c.get('requestId'), error })
  if (error instanceof DeployError && error.code === 'store_failed') return storeFailed(error)
  return new ProblemError('internal_error', 'something failed in the receiver; its log says what')
}

const storeFailed = ({ message, hint }: DeployError) =>
  new ProblemError('store_failed', message, {
    ...(hint === undefined ? {} : { hint }),
    headers: { 'retry-after': '60' },
  })
