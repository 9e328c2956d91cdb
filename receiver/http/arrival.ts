import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** Several headers of one name read as one, joined by `, `. */
export type ReadHeaders = Pick<Headers, 'get' | 'has'>

/** What a request says before its body, whether Node has it or Hono. */
export interface Arrival {
  headers: ReadHeaders
  /** As it stands in the first line; absent where there is none. */
  target?: string
  /** Who made the connection: absent on the local socket. */
  peer?: string
}

/** Where a request came in: the local socket's file mode has said already who may use it. */
export type Origin = { kind: 'socket' } | { kind: 'network'; address: string }

/** As Node has it: whatever Hono needs for a request of its own costs as much as a refusal. */
export function arrivalOf(incoming: IncomingMessage): Arrival {
  const { headersDistinct: headers } = incoming
  return {
    headers: {
      get: (name) => headers[name]?.join(', ') ?? null,
      has: (name) => headers[name] !== undefined,
    },
    ...ends(incoming),
  }
}

/** As Hono has it. */
export const arrivalIn = (c: Context): Arrival => ({
  headers: c.req.raw.headers,
  ...ends(incomingOf(c)),
})

/** Node's own request; absent where none came over a connection. */
export const incomingOf = ({ env }: Context): Partial<IncomingMessage> | undefined =>
  ((env ?? {}) as Partial<HttpBindings>).incoming

function ends(incoming: Partial<IncomingMessage> | undefined): Omit<Arrival, 'headers'> {
  const { url: target, socket } = incoming ?? {}
  const peer = socket?.remoteAddress
  return {
    ...(target === undefined ? {} : { target }),
    ...(peer === undefined ? {} : { peer }),
  }
}
