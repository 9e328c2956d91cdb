import { randomBytes } from 'node:crypto'
import { createInstallation } from '../../edges/store/installation.ts'
import { openDatabase } from '../../edges/store/schema.ts'
import { transaction } from '../../edges/store/transaction.ts'
import { createSettingsVault } from '../../edges/store/settings.ts'
import { createSlotRecord } from '../../edges/store/slot-record.ts'
import { createStore } from '../../edges/store/store.ts'

/** Where the slots are is not asked here. */
const ANY_SUBNET = '10.213.0.0/20'

/**
 * Makes the copy of a store one that a receiver can start with: of this version's format, and what ran or waited when it was
 * made is over, since whoever asked for it was told what became of it by another machine.
 */
export function prepareStore(
  file: string,
  {
    key = randomBytes(32),
    installation,
    apps,
    now,
  }: {
    key?: Buffer | undefined
    /** Its id from now on; absent: it stays what it is. */
    installation?: string
    apps: readonly { app: string; awaits: readonly string[] }[]
    now: Date
  },
): void {
  const at = now.toISOString()
  const database = openDatabase(file)
  try {
    const store = createStore(database, createSettingsVault(database, key))
    const record = createSlotRecord(database, ANY_SUBNET)
    transaction(database, () => {
      if (installation !== undefined) createInstallation(database).replace(installation)
      for (const { id } of store.allUnfinished()) {
        store.append(id, { type: 'finished', at, status: 'superseded' })
      }
      for (const { app, awaits } of apps) {
        if (awaits.length === 0) continue
        const { wasInMaintenance = false } = record.stopped(app) ?? {}
        record.setStopped(app, { since: at, wasInMaintenance, isStarting: false, awaits })
      }
    })
    // one file, that can be put into its place
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}
