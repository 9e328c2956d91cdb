import type { DatabaseSync } from 'node:sqlite'
import { DeployError } from '../../core/errors.ts'

/**
 * Runs `work` in one transaction: all of it is durable afterwards, or nothing. Within another one it is a part of that. One that need
 * not be `durable` outlives this process; the machine's end it outlives with the next that is, or once it was flushed. Throws
 * `store_failed` when it cannot write.
 */
export function transaction<T>(
  database: DatabaseSync,
  work: () => T,
  { durable = true }: { durable?: boolean } = {},
): T {
  if (database.isTransaction) return work()
  if (durable) return committed(database, work)
  database.exec('PRAGMA synchronous = NORMAL')
  try {
    return committed(database, work)
  } finally {
    database.exec('PRAGMA synchronous = FULL')
  }
}

function committed<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back already after some errors, a full disk among them
    if (database.isTransaction) database.exec('ROLLBACK')
    throw failure(database, error)
  }
}

/**
 * Runs work within a transaction. What it throws takes back what it wrote, and nothing else. Throws `store_failed` when it
 * cannot write: the transaction may be over then, and has to end.
 */
export function createPart(database: DatabaseSync): <T>(work: () => T) => T {
  // each hook is one: not to be compiled anew
  const begin = database.prepare('SAVEPOINT part')
  const end = database.prepare('RELEASE part')
  return (work) => {
    begin.run()
    try {
      const result = work()
      end.run()
      return result
    } catch (error) {
      try {
        if (database.isTransaction) database.exec('ROLLBACK TO part; RELEASE part')
      } catch (cause) {
        throw failure(database, cause)
      }
      throw failure(database, error)
    }
  }
}

/** What a write that failed is told as. */
function failure(database: DatabaseSync, error: unknown): unknown {
  const { errcode, message } = error as { errcode?: number; message: string }
  // a value that a table does not take is a defect of ours, and no room on a disk mends it
  if (errcode === undefined || primary(errcode) === SQLITE_CONSTRAINT) return error
  const why = errcode === SQLITE_FULL ? 'its disk is full' : message
  return new DeployError('store_failed', `the receiver cannot write its data: ${why}`, {
    hint: `check the disk of ${database.location() ?? 'the database'}: it needs room, and no errors in the kernel's log (dmesg)`,
    cause: error,
  })
}

/** sqlite.org/rescode.html */
const SQLITE_FULL = 13
const SQLITE_CONSTRAINT = 19
/** An extended code has its primary one in the lowest byte. */
const primary = (errcode: number) => errcode & 0xff
