import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAudit } from '../../../../receiver/edges/store/audit.ts'
import { createIdempotency } from '../../../../receiver/edges/store/idempotency.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../../receiver/edges/store/transaction.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-store-'))
  file = join(dir, 'x.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

test('the audit trail forgets what is old', () => {
  const audit = createAudit(openDatabase(file))
  const entry = { count: 1, sender: { kind: 'none' }, outcome: 'rejected' } as const
  const old = '2026-01-01T00:00:00.000Z'
  const late = '2026-06-01T00:00:00.000Z'
  audit.add({ ...entry, at: old, last_at: old })
  const going = audit.add({ ...entry, at: old, last_at: old })
  audit.repeat(going, 4, late)
  audit.prune(new Date('2026-06-02T00:00:00.000Z'))
  expect(audit.list({ limit: 9 })).toEqual([
    { ...entry, number: going, at: old, last_at: late, count: 5 },
  ])
})

test('ids are forgotten by age, and not before', () => {
  const database = openDatabase(file)
  const once = createIdempotency(database)
  const token = { issuer: 'i', jti: 'j', expiresAt: 1000 }
  expect(once.useToken(token)).toBe(true)
  once.prune(1000)
  expect(once.useToken(token)).toBe(false)
  once.prune(1001)
  expect(once.useToken(token)).toBe(true)
})

test('a value that a table does not take is our defect, and nobody is sent to look at the disk', () => {
  const database = openDatabase(file)
  const once = createIdempotency(database)
  const write = () =>
    transaction(database, () => once.useToken({ issuer: 'i', jti: 'j', expiresAt: 0.5 }))
  expect(write).toThrow(/cannot store REAL/)
  expect(write).not.toThrow(DeployError)
})

test('what need not last is on the disk with the next that has to', () => {
  const database = openDatabase(file)
  const FULL = 2
  const waits = () => database.prepare('PRAGMA synchronous').get()?.['synchronous']
  expect(transaction(database, waits, { durable: false })).toBeLessThan(FULL)
  expect(transaction(database, waits)).toBe(FULL)
  const failing = () =>
    transaction(
      database,
      () => {
        throw new Error('no')
      },
      { durable: false },
    )
  expect(failing).toThrow('no')
  expect(waits()).toBe(FULL)
})
