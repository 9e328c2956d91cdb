import type { DatabaseSync } from 'node:sqlite'
import type { AuditEntry, AuditTrail } from '../../core/intake/audit.ts'

const KEEP_DAYS = 90
const KEEP_ENTRIES = 100_000

export interface StoredAudit extends AuditTrail {
  /** The entry of the request that a deployment came of, if it is kept still. */
  of(deployment: { id: string; app: string; created_at: string }): AuditEntry | undefined
  /** Forgets entries older than 90 days, and the oldest of more than 100,000. */
  prune(now: Date): void
}

/** The audit trail, in the store. */
export function createAudit(database: DatabaseSync): StoredAudit {
  const sql = {
    add: database.prepare('INSERT INTO audit (app, last_at, entry) VALUES (?, ?, ?)'),
    repeat: database.prepare(
      `UPDATE audit SET last_at = ?,
         entry = json_set(entry, '$.last_at', ?, '$.count', json_extract(entry, '$.count') + ?)
       WHERE number = ?`,
    ),
    list: database.prepare(
      'SELECT number, entry FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?',
    ),
    listApp: database.prepare(
      'SELECT number, entry FROM audit WHERE app = ? AND number < ? ORDER BY number DESC LIMIT ?',
    ),
    of: database.prepare(
      `SELECT entry FROM audit
       WHERE last_at = ? AND app = ? AND json_extract(entry, '$.deployment') = ?`,
    ),
    pruneOld: database.prepare('DELETE FROM audit WHERE last_at < ?'),
    pruneMany: database.prepare(
      'DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?',
    ),
  }
  return {
    add: (entry) =>
      Number(sql.add.run(entry.app ?? null, entry.last_at, JSON.stringify(entry)).lastInsertRowid),
    repeat: (number, count, lastAt) => void sql.repeat.run(lastAt, lastAt, count, number),
    of({ id, app, created_at: at }) {
      // it was kept with the deployment, and bears its time
      const entry = sql.of.get(at, app, id)?.['entry']
      return entry === undefined ? undefined : (JSON.parse(String(entry)) as AuditEntry)
    },
    list({ app, limit, before = Number.MAX_SAFE_INTEGER }) {
      const rows =
        app === undefined ? sql.list.all(before, limit) : sql.listApp.all(app, before, limit)
      return rows.map(({ number, entry }) => ({
        number: Number(number),
        ...(JSON.parse(String(entry)) as AuditEntry),
      }))
    },
    prune(now) {
      sql.pruneOld.run(new Date(now.getTime() - KEEP_DAYS * 24 * 60 * 60 * 1000).toISOString())
      sql.pruneMany.run(KEEP_ENTRIES)
    },
  }
}
