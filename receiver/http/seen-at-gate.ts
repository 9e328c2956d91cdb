import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { incomingOf } from './arrival.ts'
import type { Identified } from './hooks/identify.ts'

/** What the gate found out of a request that it let through: nobody finds it out again. */
export interface Seen {
  requestId: string
  /** Of the client. */
  address: string
  /** Whose hook it is, or why that is not known. */
  found: Identified | Error
}

const seen = new WeakMap<object, Seen>()

export const keepSeen = (incoming: IncomingMessage, known: Seen): void =>
  void seen.set(incoming, known)

/** `undefined` of what did not come through the gate. */
export function seenAtGate(c: Context): Seen | undefined {
  const incoming = incomingOf(c)
  return incoming === undefined ? undefined : seen.get(incoming)
}
