import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { type Arrival, arrivalIn } from './arrival.ts'
import { seenAtGate } from './seen-at-gate.ts'
import type { AddressServices } from './limits/rate-limit.ts'
import { isComplete } from './security-headers.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** 32 hex digits by which this request is found again: in its answer, the log, the audit trail and its deployment. */
    requestId: string
  }
}

/** As Nginx makes them: `$request_id`. */
const REQUEST_ID = /^[0-9a-f]{32}$/

/** Gives each request an id, and says it in the answer. */
export function requestId(services: AddressServices): MiddlewareHandler {
  return async (c, next) => {
    const id = seenAtGate(c)?.requestId ?? idOf(arrivalIn(c), services)
    c.set('requestId', id)
    await next()
    if (!isComplete(c.res)) c.res.headers.set('x-request-id', id)
  }
}

/**
 * The id of a request. Nginx's own is taken when a configured proxy sends it, as its word on addresses is: so it is in Nginx's
 * log as well, if that has it. Whoever else sends one is not asked.
 */
export function idOf({ headers, peer }: Arrival, { isProxy }: AddressServices): string {
  const given = headers.get('x-request-id')
  const isProxys = given !== null && REQUEST_ID.test(given) && isProxy(peer ?? '')
  return isProxys ? given : randomUUID().replaceAll('-', '')
}
