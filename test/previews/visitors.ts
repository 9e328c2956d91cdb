import { Agent, type ClientRequest, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Site } from '../support/ask.ts'
import { reasonOf } from '../support/tally.ts'

const PAUSE_MS = 10
const BODY = Buffer.alloc(2048, 'x')
const SHOWN_REASONS = 5
const TIMEOUT_MS = 60_000

export interface Met {
  requests: number
  failed: number
  reasons: string[]
  /** Connections that were kept, and that Nginx had closed when the next request went out on them. */
  closed: number
}

/**
 * Visitors that GET and POST, on connections that they keep and on fresh ones. When previews come and go, Nginx is reloaded, which closes
 * connections on which nothing is under way: as browsers do, they send on another one what had no answer on a connection that was used
 * before; each time is counted. Anything else is a failure.
 */
export function startVisitors(site: Site): { stop(): Promise<Met> } {
  const met: Met = { requests: 0, failed: 0, reasons: [], closed: 0 }
  const stopping = new AbortController()
  const visitor = async (method: 'GET' | 'POST', keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    while (!stopping.signal.aborted) {
      met.requests++
      const reason = await answered(site, { method, agent, closed: () => met.closed++ })
      if (reason !== undefined) {
        met.failed++
        if (met.reasons.length < SHOWN_REASONS) met.reasons.push(`${method}: ${reason}`)
      }
      await pause(PAUSE_MS)
    }
    agent.destroy()
  }
  const all = [visitor('GET', true), visitor('POST', true)]
  all.push(visitor('GET', false), visitor('POST', false))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(all)
      return met
    },
  }
}

/** Why it was not answered as it has to be. */
async function answered(
  site: Site,
  { method, agent, closed }: { method: 'GET' | 'POST'; agent: Agent; closed: () => void },
): Promise<string | undefined> {
  const body = method === 'POST' ? BODY : undefined
  for (;;) {
    const { sent, reply } = send(site, { method, agent, ...(body && { body }) })
    try {
      const { status, said } = await reply
      const isRight = said.includes(
        body === undefined ? '"production"' : `"received":${BODY.length}`,
      )
      return status === 200 && isRight ? undefined : `${status} ${said.slice(0, 100)}`
    } catch (error) {
      if (!sent.reusedSocket || (error as { code?: string }).code !== 'ECONNRESET') {
        return reasonOf(error)
      }
      closed()
    }
  }
}

function send(
  { host = '127.0.0.1', port, domain }: Site,
  { method, agent, body }: { method: string; agent: Agent; body?: Buffer },
): { sent: ClientRequest; reply: Promise<{ status: number; said: string }> } {
  const headers = { host: domain, ...(body && { 'content-length': body.length }) }
  const sent = request({ host, port, method, headers, agent, timeout: TIMEOUT_MS })
  const reply = new Promise<{ status: number; said: string }>((resolve, reject) => {
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    sent.once('error', reject)
    sent.once('response', (incoming) => {
      text(incoming).then((said) => resolve({ status: incoming.statusCode ?? 0, said }), reject)
    })
  })
  sent.end(body)
  return { sent, reply }
}
