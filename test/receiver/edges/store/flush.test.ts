import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createFlush } from '../../../../receiver/edges/store/flush.ts'
import { openDatabase, transaction } from '../../../../receiver/edges/store/schema.ts'

const fsync = vi.hoisted(() => vi.fn<(descriptor: number, done: () => void) => void>())
vi.mock('node:fs', async (original) => ({ ...(await original<object>()), fsync }))

test('one write is under way at a time, and one more for all that came meanwhile', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flush-'))
  try {
    const file = join(dir, 'x.db')
    const database = openDatabase(file)
    transaction(database, () => database.exec('CREATE TABLE t (x)'), { durable: false })
    const ended = () => fsync.mock.calls.at(-1)?.[1]()
    const flush = createFlush(file)
    flush()
    flush()
    flush()
    expect(fsync).toHaveBeenCalledTimes(1)
    ended()
    expect(fsync).toHaveBeenCalledTimes(2)
    ended()
    expect(fsync).toHaveBeenCalledTimes(2)
    flush()
    expect(fsync).toHaveBeenCalledTimes(3)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
