import type { DatabaseSync } from 'node:sqlite'
import type { Origin, Preview, PreviewRecord } from '../../core/previews/preview.ts'
import { transaction } from './schema.ts'

/** Longer than a run of a workflow may wait, and be run again. */
const MARKS_DAYS = 90
const DAY_MS = 24 * 60 * 60 * 1000

export interface StoredPreviews extends PreviewRecord {
  /** Forgets what was removed so long ago that no run of then can still ask for it. */
  prune(now: Date): void
}

export function createPreviews(database: DatabaseSync): StoredPreviews {
  const sql = {
    get: database.prepare('SELECT * FROM previews WHERE app = ?'),
    all: database.prepare('SELECT * FROM previews ORDER BY app'),
    put: database.prepare(
      `INSERT INTO previews (app, of_app, made_at, deployed_at, origin, leaves_since)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (app) DO UPDATE SET deployed_at = excluded.deployed_at,
         origin = excluded.origin, leaves_since = excluded.leaves_since`,
    ),
    forget: database.prepare('DELETE FROM previews WHERE app = ?'),
    removedBy: database.prepare('SELECT run FROM removed_previews WHERE what = ?'),
    mark: database.prepare(
      `INSERT INTO removed_previews (what, run, at) VALUES (?, ?, ?)
       ON CONFLICT (what) DO UPDATE SET run = max(run, excluded.run), at = excluded.at`,
    ),
    prune: database.prepare('DELETE FROM removed_previews WHERE at < ?'),
  }
  return {
    get(app) {
      const row = sql.get.get(app)
      return row === undefined ? undefined : previewOf(row)
    },
    all: () => sql.all.all().map(previewOf),
    put({ app, of, madeAt, deployedAt, origin, leavesSince }) {
      const from = origin === undefined ? null : JSON.stringify(origin)
      transaction(database, () =>
        sql.put.run(app, of, madeAt, deployedAt, from, leavesSince ?? null),
      )
    },
    forget(app) {
      transaction(database, () => sql.forget.run(app))
    },
    removedBy(what) {
      const run = sql.removedBy.get(what)?.['run']
      return run === undefined ? undefined : Number(run)
    },
    markRemoved(what, { run, at }) {
      transaction(database, () => sql.mark.run(what, run, at))
    },
    prune(now) {
      const before = new Date(now.getTime() - MARKS_DAYS * DAY_MS).toISOString()
      transaction(database, () => sql.prune.run(before))
    },
  }
}

function previewOf(row: Record<string, unknown>): Preview {
  const { origin, leaves_since: leavesSince } = row
  return {
    app: String(row['app']),
    of: String(row['of_app']),
    madeAt: String(row['made_at']),
    deployedAt: String(row['deployed_at']),
    ...(typeof origin === 'string' ? { origin: JSON.parse(origin) as Origin } : {}),
    ...(typeof leavesSince === 'string' ? { leavesSince } : {}),
  }
}
