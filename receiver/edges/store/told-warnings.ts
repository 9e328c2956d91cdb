import type { DatabaseSync } from 'node:sqlite'
import type { Told, ToldRecord } from '../../core/notify/warnings.ts'

/** Which warnings were told: a restart is no reason to tell them again. */
export function createToldWarnings(database: DatabaseSync): ToldRecord {
  const get = database.prepare('SELECT level, ok_since FROM told_warnings WHERE subject = ?')
  const set = database.prepare(
    `INSERT INTO told_warnings (subject, level, ok_since) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET level = excluded.level, ok_since = excluded.ok_since`,
  )
  const remove = database.prepare('DELETE FROM told_warnings WHERE subject = ?')
  return {
    get(subject) {
      const row = get.get(subject)
      if (row === undefined) return undefined
      const { level, ok_since: okSince } = row
      return {
        level: level as Told['level'],
        ...(typeof okSince === 'string' ? { okSince } : {}),
      }
    },
    set: (subject, { level, okSince }) => void set.run(subject, level, okSince ?? null),
    clear: (subject) => void remove.run(subject),
  }
}
