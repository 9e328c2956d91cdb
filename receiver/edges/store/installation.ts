import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './transaction.ts'

/** The id of the installation that this store is of; `undefined` until it was given one. */
export interface StoredInstallation {
  id(): string | undefined
  /** Gives it this id for good. Throws when it has another one. */
  take(id: string): void
  /** Makes it another one: what bears the id before is not this store's any more. */
  replace(id: string): void
}

export function createInstallation(database: DatabaseSync): StoredInstallation {
  const get = database.prepare('SELECT id FROM installation')
  const add = database.prepare('INSERT INTO installation (id) VALUES (?)')
  const remove = database.prepare('DELETE FROM installation')
  const id = () => {
    const known = get.get()?.['id']
    return known === undefined ? undefined : String(known)
  }
  return {
    id,
    take(wanted) {
      transaction(database, () => {
        const known = id()
        if (known === wanted) return
        if (known !== undefined) throw new Error(`this store is of the installation ${known}`)
        add.run(wanted)
      })
    },
    replace(wanted) {
      transaction(database, () => {
        remove.run()
        add.run(wanted)
      })
    },
  }
}

export const newInstallationId = (): string => randomBytes(8).toString('hex')
