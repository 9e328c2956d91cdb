import type { DatabaseSync } from 'node:sqlite'
import type { Origin, Preview, PreviewRecord, Removals, Run } from '../../core/previews/preview.ts'
import { transaction } from './transaction.ts'

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
      `INSERT INTO previews (app, of_app, made_at, deployed_at, origin, run, closed_since, leaves_since)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (app) DO UPDATE SET deployed_at = excluded.deployed_at,
         origin = excluded.origin, run = excluded.run, closed_since = excluded.closed_since,
         leaves_since = excluded.leaves_since`,
    ),
    forget: database.prepare('DELETE FROM previews WHERE app = ?'),
    removals: database.prepare('SELECT run, by_none FROM removed_previews WHERE what = ?'),
    // 0 is no run's number
    mark: database.prepare(
      `INSERT INTO removed_previews (what, run, by_none, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (what) DO UPDATE SET run = max(run, excluded.run),
         by_none = coalesce(excluded.by_none, by_none), at = excluded.at`,
    ),
    prune: database.prepare('DELETE FROM removed_previews WHERE at < ?'),
  }
  return {
    get(app) {
      const row = sql.get.get(app)
      return row === undefined ? undefined : previewOf(row)
    },
    all: () => sql.all.all().map(previewOf),
    put({ app, of, madeAt, deployedAt, origin, run, closedSince, leavesSince }) {
      const runs = [textOf(origin), textOf(run)]
      transaction(database, () =>
        sql.put.run(app, of, madeAt, deployedAt, ...runs, closedSince ?? null, leavesSince ?? null),
      )
    },
    forget(app) {
      transaction(database, () => sql.forget.run(app))
    },
    removals(what) {
      const { run, by_none: byNone } = sql.removals.get(what) ?? {}
      return {
        ...(Number(run) > 0 ? { run: Number(run) } : {}),
        ...(typeof byNone === 'string'
          ? { byNone: JSON.parse(byNone) as NonNullable<Removals['byNone']> }
          : {}),
      }
    },
    markRemoved(what, { at, ...how }) {
      const byNone = how.run === undefined ? textOf({ at, ...how }) : null
      transaction(database, () => sql.mark.run(what, how.run ?? 0, byNone, at))
    },
    prune(now) {
      const before = new Date(now.getTime() - MARKS_DAYS * DAY_MS).toISOString()
      transaction(database, () => sql.prune.run(before))
    },
  }
}

const textOf = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value))

function previewOf(row: Record<string, unknown>): Preview {
  const { origin, run, closed_since: closedSince, leaves_since: leavesSince } = row
  return {
    app: String(row['app']),
    of: String(row['of_app']),
    madeAt: String(row['made_at']),
    deployedAt: String(row['deployed_at']),
    ...(typeof origin === 'string' ? { origin: JSON.parse(origin) as Origin } : {}),
    ...(typeof run === 'string' ? { run: JSON.parse(run) as Run } : {}),
    ...(typeof closedSince === 'string' ? { closedSince } : {}),
    ...(typeof leavesSince === 'string' ? { leavesSince } : {}),
  }
}
