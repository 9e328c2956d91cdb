import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { ProblemError, problemResponse } from '../problem.ts'
import type { Refusals } from '../refusals.ts'
import { clientAddress, type IsProxy, subscriber } from './client-address.ts'
import type { TokenBuckets } from './token-buckets.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Of the client: found out once. */
    address?: string
  }
}

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
  const known = c.get('address')
  if (known !== undefined) return known
  const address = clientAddress(peerOf(c), c.req.header('x-forwarded-for'), isProxy)
  c.set('address', address)
  return address
}

/** Who made the connection: absent on the local socket. */
export const peerOf = ({ env }: Context): string | undefined =>
  ((env ?? {}) as Partial<HttpBindings>).incoming?.socket.remoteAddress

/**
 * Turns away an address whose requests were rejected too often of late. What was rejected says so, not what had a right
 * key: whoever shares an address with a flood (a company, a cloud's runners) still deploys. So a flood is verified as its
 * beginning was, which is cheap, and learns nothing that it would not learn without a limit.
 */
export function rateLimit(services: LimitServices): MiddlewareHandler {
  return async (c, next) => {
    // asked for each time: a reload may have brought another limit
    const { buckets, refusals } = services
    const address = addressOf(c, services)
    const key = subscriber(address)
    const waitMs = buckets.waitMs(key)
    await next()
    if (c.res.status !== 401) return
    if (waitMs === 0) return buckets.take(key)
    refusals.note({
      address,
      sender: { kind: 'none' },
      outcome: 'rejected',
      reason: TOO_MANY,
      code: 'too_many_requests',
      request_id: c.get('requestId'),
    })
    // or Hono would put the headers of the 401 on it
    c.res = undefined
    c.res = tooMany(Math.ceil(waitMs / 1000), c.get('requestId'))
  }
}

const TOO_MANY = 'too many rejected requests from this address'

const tooMany = (seconds: number, requestId: string) =>
  problemResponse(
    new ProblemError('too_many_requests', `${TOO_MANY}: wait ${seconds} s`, {
      hint: 'rate_limit in the config of the receiver says how many are taken',
      headers: { 'retry-after': String(seconds), connection: 'close' },
    }),
    requestId,
  )
