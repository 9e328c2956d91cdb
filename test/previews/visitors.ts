import { Agent, request } from 'node:http'
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
}

/**
 * Visitors that GET and POST, on connections that they keep and on fresh ones. They are as simple as clients get: what has no answer on a
 * connection that was kept is not sent again on another one, as browsers would, but is a failure.
 */
export function startVisitors(site: Site): { stop(): Promise<Met> } {
  const met: Met = { requests: 0, failed: 0, reasons: [] }
  const stopping = new AbortController()
  const visitor = async (method: 'GET' | 'POST', keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    while (!stopping.signal.aborted) {
      met.requests++
      const reason = await answered(site, { method, agent })
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
  { method, agent }: { method: 'GET' | 'POST'; agent: Agent },
): Promise<string | undefined> {
  const body = method === 'POST' ? BODY : undefined
  const right = body === undefined ? '"production"' : `"received":${BODY.length}`
  try {
    const { status, said } = await send(site, { method, agent, ...(body && { body }) })
    return status === 200 && said.includes(right) ? undefined : `${status} ${said.slice(0, 100)}`
  } catch (error) {
    return reasonOf(error)
  }
}

const send = (
  { host = '127.0.0.1', port, domain }: Site,
  { method, agent, body }: { method: string; agent: Agent; body?: Buffer },
): Promise<{ status: number; said: string }> =>
  new Promise((resolve, reject) => {
    const headers = { host: domain, ...(body && { 'content-length': body.length }) }
    const sent = request({ host, port, method, headers, agent, timeout: TIMEOUT_MS })
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    sent.once('error', reject)
    sent.once('response', (incoming) => {
      text(incoming).then((said) => resolve({ status: incoming.statusCode ?? 0, said }), reject)
    })
    sent.end(body)
  })
