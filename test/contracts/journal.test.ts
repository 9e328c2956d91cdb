import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../receiver/edges/store/settings.ts'
import { createSlotRecord } from '../../receiver/edges/store/slot-record.ts'
import { createStore } from '../../receiver/edges/store/store.ts'
import { journalContract, type JournalUnderTest } from './journal.ts'
import { slotRecordContract, SMALL_SUBNET } from './slot-record.ts'

/** `next` gives the database of whoever starts next. */
function on(database: DatabaseSync, next: () => DatabaseSync, close: () => void): JournalUnderTest {
  const store = createStore(database, createSettingsVault(database, Buffer.alloc(32, 7)))
  return {
    journal: store,
    record: createSlotRecord(database, SMALL_SUBNET),
    accept: store.add,
    reopen: () => on(next(), next, close),
    close,
  }
}

function inMemory(): JournalUnderTest {
  const database = openDatabase(':memory:')
  return on(
    database,
    () => database,
    () => database.close(),
  )
}

function onDisk(): JournalUnderTest {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'))
  let database = openDatabase(join(dir, 'x.db'))
  return on(
    database,
    () => {
      database.close()
      return (database = openDatabase(join(dir, 'x.db')))
    },
    () => {
      database.close()
      rmSync(dir, { recursive: true })
    },
  )
}

for (const contract of [journalContract, slotRecordContract]) {
  contract('SQLite in memory', inMemory)
  contract('SQLite on disk', onDisk)
}
