import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFlush } from '../../../../receiver/edges/store/flush.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../../receiver/edges/store/transaction.ts'

test('one write soon is for all that came until then, and one is under way at a time', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flush-'))
  try {
    const file = join(dir, 'x.db')
    const database = openDatabase(file)
    transaction(database, () => database.exec('CREATE TABLE t (x)'), { durable: false })
    const writes: (() => void)[] = []
    const planned: (() => void)[] = []
    const pass = () => planned.splice(0).forEach((work) => work())
    const flush = createFlush(file, {
      write: (_, done) => void writes.push(done),
      soon: (work) => void planned.push(work),
    })
    flush()
    flush()
    expect([planned.length, writes.length]).toStrictEqual([1, 0])
    pass()
    expect(writes).toHaveLength(1)
    // what came while it was under way is not in it
    flush()
    pass()
    expect(writes).toHaveLength(1)
    writes[0]?.()
    pass()
    expect(writes).toHaveLength(2)
    writes[1]?.()
    expect([planned.length, writes.length]).toStrictEqual([0, 2])
    flush()
    pass()
    expect(writes).toHaveLength(3)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
