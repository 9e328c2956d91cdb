import type { Context, MiddlewareHandler } from 'hono'
import { type Arrival, arrivalIn } from '../arrival.ts'
import { ProblemError, problemResponse } from '../problem.ts'
import type { Refusals } from '../refusals.ts'
import { seenAtGate } from '../seen-at-gate.ts'
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
export function addressOf(c: Context, services: AddressServices): string {
  const known = c.get('address')
  if (known !== undefined) return known
  const address = seenAtGate(c)?.address ?? addressOfArrival(arrivalIn(c), services)
  c.set('address', address)
  return address
}

export const addressOfArrival = (
  { headers, peer }: Arrival,
  { isProxy }: AddressServices,
): string => clientAddress(peer, headers.get('x-forwarded-for') ?? undefined, isProxy)

/**
 * Turns away an address whose requests were rejected too often of late. What was rejected says so, not what had a right
 * key: whoever shares an address with a flood (a company, a cloud's runners) still deploys. So a flood is verified as its
 * beginning was, which is cheap, and learns nothing that it would not learn without a limit.
 */
export function rateLimit(services: LimitServices): MiddlewareHandler {
  return async (c, next) => {
    const rejected = limitOf(addressOf(c, services), services)
    await next()
    if (c.res.status !== 401) return
    const tooMany = rejected(c.get('requestId'))
    if (tooMany === undefined) return
    // or Hono would put the headers of the 401 on it
    c.res = undefined
    c.res = problemResponse(tooMany, c.get('requestId'))
  }
}

/** Begins with a request of this address. What it returns counts its rejection, and says what it is told instead of that, if it comes too soon. */
export function limitOf(
  address: string,
  // taken out each time: a reload may have brought another limit
  { buckets, refusals }: LimitServices,
): (requestId: string) => ProblemError | undefined {
  const key = subscriber(address)
  const waitMs = buckets.waitMs(key)
  return (requestId) => {
    if (waitMs === 0) {
      buckets.take(key)
      return undefined
    }
    refusals.note({
      address,
      sender: { kind: 'none' },
      outcome: 'rejected',
      reason: TOO_MANY,
      code: 'too_many_requests',
      request_id: requestId,
    })
    return tooMany(Math.ceil(waitMs / 1000))
  }
}

const TOO_MANY = 'too many rejected requests from this address'

const tooMany = (seconds: number) =>
  new ProblemError('too_many_requests', `${TOO_MANY}: wait ${seconds} s`, {
    hint: 'rate_limit in the config of the receiver says how many are taken',
    headers: { 'retry-after': String(seconds), connection: 'close' },
  })
