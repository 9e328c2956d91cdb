import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Deployment } from '../../../protocol/deployment.ts'
import { newDeploymentId } from '../../../receiver/edges/store/deployment-id.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../receiver/edges/store/transaction.ts'
import { createSettingsVault } from '../../../receiver/edges/store/settings.ts'
import { createStore, KEPT_EVENTS } from '../../../receiver/edges/store/store.ts'

const AT_ONCE = 10_000
const APART_MS = 60_000

/** What is kept of deployments, in bytes. */
export interface Sizes {
  record: number
  events: number
  /** Of the whole store, once it has them all. */
  store: number
}

/**
 * Fills the store of a receiver that does not run: copies of a deployment that it has, of apps in turns, every second one of the first of
 * them, a minute apart, with events as far back as those are kept. Returns what they take.
 */
export function seedHistory(
  file: string,
  { of, apps, count }: { of: string; apps: readonly string[]; count: number },
): Sizes {
  const database = openDatabase(file)
  try {
    // what is lost in a crash is made again
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000')
    const store = createStore(database, createSettingsVault(database, randomBytes(32)))
    const deployment = store.get(of)?.deployment
    if (deployment === undefined) throw new Error(`${file} has no deployment ${of}`)
    const events = store.events(of, 0).map(({ event }) => JSON.stringify(event))
    const addEvent = database.prepare('INSERT INTO events (deployment, event) VALUES (?, ?)')
    const [first = '', ...others] = apps
    const oldestWithEvents = count - Math.floor(KEPT_EVENTS / events.length)
    const now = Date.now()
    for (let from = 0; from < count; from += AT_ONCE) {
      transaction(database, () => {
        for (let at = from; at < Math.min(from + AT_ONCE, count); at++) {
          const app = at % 2 === 0 ? first : (others[((at - 1) / 2) % others.length] ?? first)
          const copy = copyOf(deployment, app, new Date(now - (count - at) * APART_MS))
          store.add(copy)
          if (at < oldestWithEvents) continue
          // its record has what came of them: to append them as a deployment does would take minutes
          for (const event of events) addEvent.run(copy.id, event)
        }
      })
    }
    const bytes = (texts: readonly string[]) =>
      texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return {
      record: bytes([JSON.stringify(deployment)]),
      events: bytes(events),
      store: statSync(file).size,
    }
  } finally {
    database.close()
  }
}

function copyOf(deployment: Deployment, app: string, at: Date): Deployment {
  const time = at.toISOString()
  const digest = () => `sha256:${randomBytes(32).toString('hex')}`
  return {
    ...deployment,
    id: newDeploymentId(),
    app,
    image: { ...deployment.image, digest: digest() },
    previous: { deployment: newDeploymentId(), digest: digest() },
    request_id: randomBytes(16).toString('hex'),
    created_at: time,
    started_at: time,
    live_at: time,
    finished_at: time,
  }
}
