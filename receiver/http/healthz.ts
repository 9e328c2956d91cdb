import { createHmac, randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { arrivalIn } from './arrival.ts'
import { foreignHost, type Place } from './hosts.ts'

export interface HealthServices {
  version: string
  /** Answers a question as this receiver alone does. */
  prove: (question: string) => string
}

/** For as long as the process runs. */
export function createProof(): HealthServices['prove'] {
  const key = randomBytes(32)
  return (question) => createHmac('sha256', key).update(question).digest('hex')
}

const QUESTION = /^[A-Za-z0-9_-]{16,64}$/

/**
 * That a receiver is there, open to all. To `?ask=` it proves that it is the one that asks itself, by whatever way that came, and says
 * whether it still had the receiver's own host.
 */
export function readHealth(c: Context, { version, prove }: HealthServices, place: Place): Response {
  const question = c.req.query('ask') ?? ''
  if (!QUESTION.test(question)) return c.json({ status: 'ok', version })
  const foreign = place.trusted ? undefined : foreignHost(arrivalIn(c), place.isOwnHost)
  const host = foreign === undefined ? 'own' : 'foreign'
  return c.json({ status: 'ok', version, host, proof: prove(question) })
}
