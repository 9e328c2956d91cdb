import { randomUUID } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { peerOf, type AddressServices } from './limits/rate-limit.ts'
import { isComplete } from './security-headers.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** 32 hex digits by which this request is found again: in its answer, the log, the audit trail and its deployment. */
    requestId: string
  }
}

/** As Nginx makes them: `$request_id`. */
const REQUEST_ID = /^[0-9a-f]{32}$/

/**
 * Gives each request an id, and says it in the answer. Nginx's own is taken when a configured proxy sends it, as its word on addresses
 * is: so it is in Nginx's log as well, if that has it. Whoever else sends one is not asked.
 */
export function requestId(services: AddressServices): MiddlewareHandler {
  return async (c, next) => {
    const id = proxysOwn(c, services) ?? randomUUID().replaceAll('-', '')
    c.set('requestId', id)
    await next()
    if (!isComplete(c.res)) c.res.headers.set('x-request-id', id)
  }
}

function proxysOwn(c: Context, { isProxy }: AddressServices): string | undefined {
  const given = c.req.header('x-request-id')
  if (given === undefined || !REQUEST_ID.test(given)) return undefined
  return isProxy(peerOf(c) ?? '') ? given : undefined
}
