import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFlush } from '../../../../receiver/edges/store/flush.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../../receiver/edges/store/transaction.ts'

test('one write is under way at a time, and one more for all that came meanwhile', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flush-'))
  try {
    const file = join(dir, 'x.db')
    const database = openDatabase(file)
    transaction(database, () => database.exec('CREATE TABLE t (x)'), { durable: false })
    const writes: (() => void)[] = []
    const ended = () => writes.at(-1)?.()
    const flush = createFlush(file, (_, done) => void writes.push(done))
    flush()
    flush()
    flush()
    expect(writes).toHaveLength(1)
    ended()
    expect(writes).toHaveLength(2)
    ended()
    expect(writes).toHaveLength(2)
    flush()
    expect(writes).toHaveLength(3)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
