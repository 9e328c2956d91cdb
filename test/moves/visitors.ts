import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'

/** Enough to meet every moment, and no more than a small machine can take beside the move. */
const PAUSE_MS = 15
const TIMEOUT_MS = 20_000

export interface Visits {
  requests: number
  /** How often each reason was met, and when. */
  failures: Map<string, Failures>
  /** What the app said that it has taken. */
  taken: string[]
  /** Who answered. */
  versions: Set<string>
}

/** Times in seconds since the visitors came. */
export interface Failures {
  times: number
  first: number
  last: number
}

export interface Visitors {
  /** The addresses that visitors get of DNS from now on: one each, and over again. */
  lead(addresses: readonly string[]): void
  stop(): Promise<Visits>
}

/** People who look at a page and leave an order, over HTTPS, each request by a connection of its own; nothing is tried again. */
export function startVisitors({
  domain,
  authorities,
  address = '127.0.0.1',
  count = 4,
}: {
  domain: string
  /** PEM files of whom they trust. */
  authorities: readonly string[]
  address?: string
  count?: number
}): Visitors {
  const ca = authorities.map((file) => readFileSync(file, 'utf8'))
  const visits: Visits = {
    requests: 0,
    failures: new Map(),
    taken: [],
    versions: new Set(),
  }
  let addresses: readonly string[] = [address]
  let isOver = false
  const began = performance.now()

  const fail = (reason: string) => {
    const now = (performance.now() - began) / 1000
    const { times, first } = visits.failures.get(reason) ?? { times: 0, first: now }
    visits.failures.set(reason, { times: times + 1, first, last: now })
  }
  const ask = async (visitor: number, path: string) => {
    visits.requests++
    try {
      const host = addresses[visitor % addresses.length] ?? address
      const { status, body } = await get({ host, domain, path, ca })
      if (status === 200) return body.trim()
      fail(`status ${status}`)
    } catch (error) {
      fail(error instanceof Error && 'code' in error ? String(error.code) : String(error))
    }
    return undefined
  }
  const visitor = async (number: number) => {
    while (!isOver) {
      const version = await ask(number, '/')
      if (version !== undefined) visits.versions.add(version)
      const order = randomUUID()
      const said = await ask(number, `/cgi-bin/order?${order}`)
      if (said === 'taken') visits.taken.push(order)
      else if (said !== undefined) fail(`the order was answered: ${said.slice(0, 80)}`)
      await pause(PAUSE_MS)
    }
  }
  const all = Promise.all(Array.from({ length: count }, (_, number) => visitor(number)))
  return {
    lead(to) {
      addresses = to
    },
    async stop() {
      isOver = true
      await all
      return visits
    },
  }
}

const get = ({
  host,
  domain,
  path,
  ca,
}: {
  host: string
  domain: string
  path: string
  ca: string[]
}): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const headers = { host: domain }
    const options = { host, servername: domain, path, headers, ca, agent: false }
    const outgoing = request({ ...options, timeout: TIMEOUT_MS }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.once('error', reject)
      incoming.once('end', () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      )
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', reject)
    outgoing.end()
  })
