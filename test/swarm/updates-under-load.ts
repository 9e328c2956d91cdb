import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, type Site } from '../support/ask.ts'

const PAUSE_MS = 10

export interface Met {
  requests: number
  failed: number
  /** Longest time between two good answers to one client. */
  longestGapMs: number
  reasons: string[]
}

/** Clients that ask a site over and over, each on a connection of its own that stays open, while something is done. */
export async function underLoad(
  site: Site,
  work: () => Promise<void>,
  { clients = 4 }: { clients?: number } = {},
): Promise<Met> {
  const met: Met = { requests: 0, failed: 0, longestGapMs: 0, reasons: [] }
  let over = false
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let last = performance.now()
    while (!over) {
      const reply = await ask(site, { agent }).catch((error: unknown) => ({
        status: 0,
        body: String(error),
      }))
      met.requests += 1
      if (reply.status === 200) {
        met.longestGapMs = Math.max(met.longestGapMs, performance.now() - last)
        last = performance.now()
      } else {
        met.failed += 1
        if (met.reasons.length < 5)
          met.reasons.push(`${reply.status} ${reply.body.slice(0, 80).replaceAll(/\s+/g, ' ')}`)
      }
      await pause(PAUSE_MS)
    }
    agent.destroy()
  }
  const all = Array.from({ length: clients }, client)
  try {
    await work()
  } finally {
    over = true
    await Promise.all(all)
  }
  return met
}
