import type { DatabaseSync } from 'node:sqlite'
import type { PollPorts } from '../../core/intake/poll.ts'
import { transaction } from './transaction.ts'

/** What polling found the last time, by app. */
export function createPolls(database: DatabaseSync): Pick<PollPorts, 'seen' | 'see'> {
  const get = database.prepare('SELECT digest FROM polls WHERE app = ?')
  const set = database.prepare(
    'INSERT INTO polls (app, digest) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET digest = excluded.digest',
  )
  return {
    seen(app) {
      const digest = get.get(app)?.['digest']
      return digest === undefined ? undefined : String(digest)
    },
    see(app, digest) {
      transaction(database, () => set.run(app, digest))
    },
  }
}
