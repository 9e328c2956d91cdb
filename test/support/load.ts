import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, type Site, versionOf } from './ask.ts'
import { createTally, type Kind, type LoadReport, reasonOf, type Tally } from './tally.ts'
import { makeCalls } from './calls/callers.ts'
import { multiplex, type TlsSite } from './multiplex.ts'
import { listen, talk } from './talk.ts'

/** Enough to have requests under way at every instant of a swap, and bounded: it may not starve what it measures. */
const PAUSE_MS = 8
const BODY = Buffer.alloc(2048, 'x')

export interface Load {
  /** What was met so far. */
  report(): LoadReport
  /** Lets what is under way end, and tells what all clients met. */
  stop(): Promise<LoadReport>
}

/**
 * Asks a hello service through Nginx the ways in which a careless swap fails: keep-alive GET and POST, fresh connections,
 * responses that take `slowMs`, a WebSocket and a stream of
 * events, with `tls` HTTP/2, and with `calls` another service by gRPC. Anything but the right answer is a failure; nothing is tried again.
 */
export function startLoad(
  site: Site,
  {
    gets = 4,
    posts = 2,
    slowMs = 3000,
    pauseMs = PAUSE_MS,
    tls,
    calls,
  }: {
    gets?: number
    posts?: number
    slowMs?: number
    pauseMs?: number
    tls?: TlsSite
    calls?: TlsSite
  } = {},
): Load {
  const tally = createTally()
  const stopping = new AbortController()
  const context = { site, tally, signal: stopping.signal, pauseMs }
  const clients = [
    ...Array.from({ length: gets }, () => requester(context, 'keep-alive GET', new KeepAlive())),
    ...Array.from({ length: posts }, () => requester(context, 'keep-alive POST', new KeepAlive())),
    requester(context, 'fresh connection', new Agent({ keepAlive: false })),
    slowReader(context, slowMs),
    talk(context),
    listen(context),
    ...(tls === undefined ? [] : [multiplex(context, tls)]),
    ...(calls === undefined ? [] : [makeCalls(context, calls)]),
  ]
  return {
    report: tally.report,
    async stop() {
      stopping.abort()
      await Promise.all(clients)
      return tally.report()
    },
  }
}

export interface Context {
  site: Site
  tally: Tally
  signal: AbortSignal
  pauseMs: number
}

/** One connection that stays open, as a browser's or a proxy's. */
class KeepAlive extends Agent {
  constructor() {
    super({ keepAlive: true, maxSockets: 1 })
  }
}

async function requester(
  { site, tally, signal, pauseMs }: Context,
  kind: Kind,
  agent: Agent,
): Promise<void> {
  const client = tally.client(kind)
  const request = { agent, ...(kind === 'keep-alive POST' && { method: 'POST', body: BODY }) }
  while (!signal.aborted) {
    try {
      const reply = await ask(site, request)
      const version = versionOf(reply)
      const whole = kind !== 'keep-alive POST' || reply.body.includes(`"received":${BODY.length}`)
      if (version !== undefined && whole) client.succeeded(version)
      else client.failed(`status ${reply.status}, ${reply.body.slice(0, 100)}`)
    } catch (error) {
      client.failed(reasonOf(error))
    }
    await pause(pauseMs)
  }
  agent.destroy()
}

async function slowReader(
  { site, tally, signal, pauseMs }: Context,
  slowMs: number,
): Promise<void> {
  const client = tally.client('slow response')
  while (!signal.aborted) {
    try {
      const reply = await ask(site, { path: `/slow?ms=${slowMs}`, timeoutMs: slowMs + 60_000 })
      const version = /(\S+) done\n$/.exec(reply.body)?.[1]
      if (reply.status === 200 && version !== undefined) client.succeeded(version)
      else
        client.failed(`status ${reply.status}, ended in ${JSON.stringify(reply.body.slice(-40))}`)
    } catch (error) {
      client.failed(reasonOf(error))
    }
    await pause(pauseMs)
  }
}
