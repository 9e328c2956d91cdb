import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

const CONNECTIONS = 16
const GIVE_UP_MS = 60_000

/** A request that is ready to go. */
export interface Hook {
  url: string
  headers: Record<string, string>
  body: string
}

export interface Burst {
  /** What was answered with 2xx, in the order of the answers: the number of the hook, and the answer. */
  acknowledged: { number: number; text: string }[]
  /** Why the others were not: what was answered, or none. */
  failures: string[]
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/** Sends hooks over so many connections at once, each as soon as the one before was answered. */
export async function burst(
  count: number,
  hookOf: (number: number) => Hook,
  onAcknowledged: (total: number) => void = () => undefined,
): Promise<Burst> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const acknowledged: Burst['acknowledged'] = []
  const times: number[] = []
  let next = 0
  const failures: string[] = []
  const began = performance.now()
  const sender = async () => {
    while (next < count) {
      const number = next++
      const at = performance.now()
      const answer = await post(agent, hookOf(number)).catch(() => ({ status: 0, text: 'none' }))
      if (answer.status < 200 || answer.status >= 300) {
        failures.push(`${answer.status} ${answer.text}`)
        continue
      }
      times.push(performance.now() - at)
      acknowledged.push({ number, text: answer.text })
      onAcknowledged(acknowledged.length)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, sender))
  const seconds = (performance.now() - began) / 1000
  agent.destroy()
  times.sort((a, b) => a - b)
  const percentile = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN
  return {
    acknowledged,
    failures,
    perSecond: acknowledged.length / seconds,
    p50: percentile(0.5),
    p99: percentile(0.99),
  }
}

function post(
  agent: Agent,
  { url, headers, body }: Hook,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
        timeout: GIVE_UP_MS,
      },
      (response) => {
        const { statusCode: status = 0 } = response
        text(response).then((read) => resolve({ status, text: read }), reject)
      },
    )
    sent.once('timeout', () => sent.destroy(new Error('no answer')))
    sent.once('error', reject)
    sent.end(body)
  })
}
