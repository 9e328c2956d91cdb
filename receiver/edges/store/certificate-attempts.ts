import type { DatabaseSync } from 'node:sqlite'
import type { AttemptsRecord } from '../../core/certificates/keep.ts'
import type { Attempts } from '../../core/certificates/certificate.ts'
import { transaction } from './transaction.ts'

/** What became of asking CAs for certificates: a restart is no reason to ask again. */
export function createCertificateAttempts(database: DatabaseSync): AttemptsRecord {
  const get = database.prepare('SELECT attempts FROM certificate_attempts WHERE site = ?')
  const set = database.prepare(
    'INSERT INTO certificate_attempts (site, attempts) VALUES (?, ?) ON CONFLICT (site) DO UPDATE SET attempts = excluded.attempts',
  )
  const remove = database.prepare('DELETE FROM certificate_attempts WHERE site = ?')
  return {
    get(site) {
      const row = get.get(site)
      return row === undefined ? undefined : (JSON.parse(String(row['attempts'])) as Attempts)
    },
    set(site, attempts) {
      transaction(database, () => set.run(site, JSON.stringify(attempts)))
    },
    clear(site) {
      transaction(database, () => remove.run(site))
    },
  }
}
