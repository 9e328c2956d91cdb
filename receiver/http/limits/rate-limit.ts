import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { ProblemError } from '../problem.ts'
import type { Refusals } from '../refusals.ts'
import { clientAddress, type IsProxy, subscriber } from './client-address.ts'
import type { TokenBuckets } from './token-buckets.ts'

export interface AddressServices {
  isProxy: IsProxy
}

export interface LimitServices extends AddressServices {
  /** Those of the config in force: a reload may replace them. */
  buckets: TokenBuckets
  refusals: Pick<Refusals, 'note'>
}

/** The client's address, behind the configured proxies. */
export function addressOf(c: Context, { isProxy }: AddressServices): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  return clientAddress(incoming?.socket.remoteAddress, c.req.header('x-forwarded-for'), isProxy)
}

/** Turns away an address whose requests were rejected too often of late, before anything of a body is read. */
export function rateLimit(services: LimitServices): MiddlewareHandler {
  return async (c, next) => {
    // asked for each time: a reload may have brought another limit
    const { buckets, refusals } = services
    const address = addressOf(c, services)
    const key = subscriber(address)
    const waitMs = buckets.waitMs(key)
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000)
      const reason = 'too many rejected requests from this address'
      refusals.note({ address, sender: { kind: 'none' }, outcome: 'rejected', reason })
      throw new ProblemError('too_many_requests', `${reason}: wait ${seconds} s`, {
        hint: 'rate_limit in the config of the receiver says how many are taken',
        headers: { 'retry-after': String(seconds), connection: 'close' },
      })
    }
    await next()
    if (c.res.status === 401) buckets.take(key)
  }
}
