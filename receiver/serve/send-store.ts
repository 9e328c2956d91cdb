import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { DatabaseSync } from 'node:sqlite'
import { DeployError } from '../core/errors.ts'
import { copyStore } from '../edges/store/copy.ts'

/** Gives copies of the store, while it is in use. Nothing is left of one but what is being read. */
export function storeCopies(database: DatabaseSync, data: string) {
  let last: Promise<unknown> = Promise.resolve()
  const make = async () => {
    const copy = join(data, '.copy.db')
    rmSync(copy, { force: true })
    try {
      await copyStore(database, copy)
      const file = await open(copy)
      const { size: bytes } = await file.stat()
      return { bytes, content: Readable.toWeb(file.createReadStream()) as ReadableStream }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeployError('store_failed', `the store cannot be copied: ${reason}`, {
        hint: `the disk of ${data} has to have room for it once more`,
        cause,
      })
    } finally {
      rmSync(copy, { force: true })
    }
  }
  return () => {
    const mine = last.then(make)
    last = mine.catch(() => {})
    return mine
  }
}
