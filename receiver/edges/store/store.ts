import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Deployment, type DeploymentEvent, isFinal } from '../../../protocol/deployment.ts'
import { apply } from '../../core/deployment.ts'
import type { Journal, StoredDeployment } from '../../core/journal.ts'
import type { History, Past } from '../../core/intake/rollback-target.ts'
import { transaction } from './transaction.ts'
import type { SettingsVault } from './settings.ts'

/** An event with its number, which rises over the whole store. */
export interface NumberedEvent {
  number: number
  event: DeploymentEvent
}

export interface Store extends Journal {
  /** Deployments whose ids begin so, `most` at most, the oldest first. */
  beginning(prefix: string, most: number): Deployment[]
  /** Those of the newest 20,000 that came of the request with this id: one, if Nginx makes each once. */
  ofRequest(id: string, most: number): Deployment[]
  /** An app's deployments, newest first; `before` is a deployment's id. */
  list(app: string, options: { limit: number; before?: string }): Deployment[]
  /** Those of its app that came after it, the oldest first, read as they are taken. */
  newer(deployment: Pick<Deployment, 'id' | 'app'>): Iterable<Deployment>
  history(app: string): History
  events(id: string, after: number): NumberedEvent[]
  /** The deployment that was accepted last. */
  newest(app: string): StoredDeployment | undefined
  /** Deployments of an app that are running or wait, oldest first. */
  unfinished(app: string): Deployment[]
  /** Ids of those that wait, oldest first. */
  waiting(app: string): string[]
  /** The unfinished ones of all apps. */
  allUnfinished(): Deployment[]
  /** Forgets some of the oldest events, if there are more than are kept; none of what is live. */
  pruneEvents(keep?: number): void
  /** Keeps a new deployment; under a number of its own, if that is given and free. */
  add(deployment: Deployment, generation?: number): void
  /** Apps of which a deployment is live. */
  liveApps(): string[]
  /** A secret of the store's own, made at first use. */
  secret(name: string): Buffer
}

/** More would hold all else up. */
const SEARCHED = 20_000

/** What is older nobody goes back to. */
const MOST_HISTORY = 10_000
/** What succeeded, or is live already. */
const WAS_LIVE = `(status = 'succeeded' OR (status = 'running' AND json_extract(record, '$.live_at') IS NOT NULL))`

/** Of all apps together: those of some ten thousand deployments. What became of a deployment is in its record, which stays. */
export const KEPT_EVENTS = 200_000
/** So many are forgotten at once: others have their turn in between. */
const FORGOTTEN_EVENTS = 2000

interface Row {
  generation: number
  record: string
  stands_in: number | null
  settings: number | null
}
const COLUMNS = 'generation, record, stands_in, settings'

/** Deployments and their events: the durable memory. It decides nothing; `vault` has the settings of releases. */
export function createStore(database: DatabaseSync, vault: SettingsVault): Store {
  const sql = {
    get: database.prepare(`SELECT ${COLUMNS} FROM deployments WHERE id = ?`),
    // no character of an id comes after a brace
    beginning: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE id >= ?1 AND id < ?1 || '{' ORDER BY id LIMIT ?2`,
    ),
    // read through without an index: an operator asks for it, now and then, and soon
    ofRequest: database.prepare(
      `SELECT ${COLUMNS} FROM (SELECT * FROM deployments ORDER BY generation DESC LIMIT ${SEARCHED})
       WHERE json_extract(record, '$.request_id') = ? ORDER BY generation LIMIT ?`,
    ),
    find: database.prepare(`SELECT ${COLUMNS} FROM deployments WHERE app = ? AND generation = ?`),
    next: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE app = ? AND status IN ('running', 'queued')
       ORDER BY status = 'running' DESC, generation LIMIT 1`,
    ),
    newest: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE app = ? ORDER BY generation DESC LIMIT 1`,
    ),
    live: database.prepare(
      `SELECT ${COLUMNS} FROM live JOIN deployments USING (generation) WHERE live.app = ?`,
    ),
    list: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE app = ? AND generation < ? ORDER BY generation DESC LIMIT ?`,
    ),
    recent: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE app = ? ORDER BY generation DESC`,
    ),
    newer: database.prepare(
      `SELECT ${COLUMNS} FROM deployments
       WHERE app = ? AND generation > (SELECT generation FROM deployments WHERE id = ?) ORDER BY generation`,
    ),
    // no digest has a character behind a brace
    digestsFrom: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE generation IN (
         SELECT max(generation) FROM deployments
         WHERE app = ?1 AND digest >= ?2 AND digest < ?2 || '{' AND ${WAS_LIVE} GROUP BY digest)
       ORDER BY generation DESC`,
    ),
    // read through without an index, as far as a history is
    digestsOfTag: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE generation IN (
         SELECT max(generation) FROM (
           SELECT * FROM deployments WHERE app = ?1 ORDER BY generation DESC LIMIT ${MOST_HISTORY})
         WHERE json_extract(record, '$.image.tag') = ?2 AND digest IS NOT NULL AND ${WAS_LIVE} GROUP BY digest)
       ORDER BY generation DESC`,
    ),
    digests: database.prepare(
      `SELECT digest FROM deployments WHERE app = ? AND status = 'succeeded' ORDER BY generation DESC`,
    ),
    knows: database.prepare('SELECT 1 FROM deployments WHERE app = ? AND digest = ? LIMIT 1'),
    insert: database.prepare(
      `INSERT INTO deployments (generation, id, app, status, digest, record)
       VALUES ((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM deployments WHERE generation = ?1)), ?, ?, ?, ?, ?)`,
    ),
    update: database.prepare(
      'UPDATE deployments SET status = ?, digest = ?, record = ? WHERE generation = ?',
    ),
    addEvent: database.prepare('INSERT INTO events (deployment, event) VALUES (?, ?)'),
    events: database.prepare(
      'SELECT number, event FROM events WHERE deployment = ? AND number > ? ORDER BY number',
    ),
    pruneEvents: database.prepare(
      `DELETE FROM events WHERE number IN (
         SELECT number FROM events
         WHERE number <= (SELECT max(number) FROM events) - ?
           AND deployment NOT IN (SELECT id FROM live JOIN deployments USING (generation))
         ORDER BY number LIMIT ?)`,
    ),
    setLive: database.prepare(
      'INSERT INTO live (app, generation) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET generation = excluded.generation',
    ),
    liveApps: database.prepare('SELECT app FROM live ORDER BY app'),
    // by itself SQLite would read the whole history of the app, which is in this order, and stop nowhere
    unfinished: database.prepare(
      `SELECT ${COLUMNS} FROM deployments INDEXED BY deployments_of_app
       WHERE app = ? AND status IN ('running', 'queued') ORDER BY generation`,
    ),
    waiting: database.prepare(
      `SELECT id FROM deployments INDEXED BY deployments_of_app
       WHERE app = ? AND status = 'queued' ORDER BY generation`,
    ),
    allUnfinished: database.prepare(
      `SELECT ${COLUMNS} FROM deployments WHERE status IN ('running', 'queued') ORDER BY generation`,
    ),
    removeLive: database.prepare('DELETE FROM live WHERE app = ?'),
    setSettings: database.prepare('UPDATE deployments SET settings = ? WHERE id = ?'),
    attempts: database.prepare('SELECT count FROM attempts WHERE deployment = ? AND step = ?'),
    setAttempts: database.prepare(
      `INSERT INTO attempts (deployment, step, count) VALUES (?, ?, ?)
       ON CONFLICT (deployment, step) DO UPDATE SET count = excluded.count`,
    ),
    removeAttempts: database.prepare('DELETE FROM attempts WHERE deployment = ? AND step = ?'),
    endAttempts: database.prepare('DELETE FROM attempts WHERE deployment = ?'),
    secret: database.prepare('SELECT value FROM secrets WHERE name = ?'),
    addSecret: database.prepare('INSERT INTO secrets (name, value) VALUES (?, ?)'),
  }
  /** Keeps an event and the deployment that it makes; inside a transaction. */
  const record = (stored: StoredDeployment, event: DeploymentEvent): Deployment => {
    const after = apply(stored.deployment, event)
    sql.addEvent.run(after.id, JSON.stringify(event))
    sql.update.run(
      after.status,
      after.image.digest ?? null,
      JSON.stringify(after),
      stored.generation,
    )
    return after
  }

  const store: Store = {
    get: (id) => parse(sql.get.get(id)),
    beginning: (prefix, most) =>
      sql.beginning.all(prefix, most).map((row) => (parse(row) as StoredDeployment).deployment),
    ofRequest: (id, most) =>
      sql.ofRequest.all(id, most).map((row) => (parse(row) as StoredDeployment).deployment),
    find: (app, generation) => parse(sql.find.get(app, generation)),
    next: (app) => parse(sql.next.get(app)),
    newest: (app) => parse(sql.newest.get(app)),
    live: (app) => parse(sql.live.get(app)),

    list(app, { limit, before }) {
      const end = before === undefined ? Number.MAX_SAFE_INTEGER : store.get(before)?.generation
      return end === undefined
        ? []
        : sql.list.all(app, end, limit).map((row) => (parse(row) as StoredDeployment).deployment)
    },

    *recent(app) {
      for (const row of sql.recent.iterate(app)) yield (parse(row) as StoredDeployment).deployment
    },

    *newer({ app, id }) {
      for (const row of sql.newer.iterate(app, id))
        yield (parse(row) as StoredDeployment).deployment
    },

    history(app) {
      const pasts = (rows: readonly unknown[]) =>
        rows.flatMap((row) => past((parse(row) as StoredDeployment).deployment))
      return {
        *newest() {
          for (const row of sql.list.iterate(app, Number.MAX_SAFE_INTEGER, MOST_HISTORY))
            yield* pasts([row])
        },
        deployment(id) {
          const found = store.get(id)?.deployment
          return found?.app === app ? past(found)[0] : undefined
        },
        digestsFrom: (beginning) => pasts(sql.digestsFrom.all(app, beginning)),
        digestsOfTag: (tag) => pasts(sql.digestsOfTag.all(app, tag)),
      }
    },

    knows: (app, digest) => sql.knows.get(app, digest) !== undefined,

    digests(app, most) {
      const live = store.live(app)?.deployment.image.digest
      const found = new Set(live === undefined ? [] : [live])
      // read only as far as it takes: a history may be long
      for (const { digest } of sql.digests.iterate(app)) {
        if (found.size >= most) break
        if (digest !== null) found.add(String(digest))
      }
      return found
    },

    unfinished: (app) =>
      sql.unfinished.all(app).map((row) => (parse(row) as StoredDeployment).deployment),

    waiting: (app) => sql.waiting.all(app).map(({ id }) => String(id)),

    allUnfinished: () =>
      sql.allUnfinished.all().map((row) => (parse(row) as StoredDeployment).deployment),

    add(deployment, generation) {
      const { id, app, status, image } = deployment
      const { digest = null } = image
      sql.insert.run(generation ?? null, id, app, status, digest, JSON.stringify(deployment))
    },

    append(id, event, { live = false, settings, attempts } = {}) {
      return transaction(database, () => {
        const stored = store.get(id)
        if (stored === undefined) throw new Error(`deployment ${id} is not on record`)
        const deployment = record(stored, event)
        if (isFinal(deployment.status)) sql.endAttempts.run(id)
        if (live) sql.setLive.run(deployment.app, stored.generation)
        if (attempts !== undefined && event.type === 'step') {
          store.setAttempts(id, event.step, attempts)
        }
        if (settings !== undefined) sql.setSettings.run(vault.keep(settings), id)
        return deployment
      })
    },

    attempts: (id, step) => Number(sql.attempts.get(id, step)?.['count'] ?? 0),

    setAttempts(id, step, attempts) {
      transaction(database, () =>
        attempts === 0 ? sql.removeAttempts.run(id, step) : sql.setAttempts.run(id, step, attempts),
      )
    },

    settings(id) {
      const number = store.get(id)?.settings
      return number === undefined ? undefined : vault.read(number)
    },

    setLive(app, id) {
      const stored = store.get(id)
      if (stored === undefined) return
      transaction(database, () => sql.setLive.run(app, stored.generation))
    },

    events: (id, after) =>
      sql.events.all(id, after).map(({ number, event }) => ({
        number: Number(number),
        event: JSON.parse(String(event)) as DeploymentEvent,
      })),

    pruneEvents: (keep = KEPT_EVENTS) => void sql.pruneEvents.run(keep, FORGOTTEN_EVENTS),

    liveApps: () => sql.liveApps.all().map(({ app }) => String(app)),

    setNothingLive: (app) => void sql.removeLive.run(app),

    secret(name) {
      const known = sql.secret.get(name)?.['value']
      if (known !== undefined) return Buffer.from(known as Uint8Array)
      const value = randomBytes(32)
      sql.addSecret.run(name, value)
      return value
    },
  }
  return store
}

/** As a rollback needs it; nothing of what never had a digest. */
function past(deployment: Deployment): Past[] {
  const { id, action, image, settings_of: settingsOf, status, live_at: liveAt } = deployment
  if (image.digest === undefined) return []
  return [
    {
      id,
      action,
      digest: image.digest,
      ...(image.tag === undefined ? {} : { tag: image.tag }),
      ...(settingsOf === undefined ? {} : { settingsOf }),
      succeeded: status === 'succeeded' || (status === 'running' && liveAt !== undefined),
    },
  ]
}

function parse(row: unknown): StoredDeployment | undefined {
  if (row === undefined) return undefined
  const { generation, record, stands_in: standsIn, settings } = row as Row
  return {
    generation,
    deployment: JSON.parse(record) as Deployment,
    standsIn: standsIn ?? generation,
    ...(settings === null ? {} : { settings }),
  }
}
