import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAudit } from '../../../../receiver/edges/store/audit.ts'
import { createIdempotency } from '../../../../receiver/edges/store/idempotency.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { openDatabase, transaction } from '../../../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../../../receiver/edges/store/settings.ts'
import { createSlotRecord } from '../../../../receiver/edges/store/slot-record.ts'
import { createStore } from '../../../../receiver/edges/store/store.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-store-'))
  file = join(dir, 'x.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

const storeOf = (database: DatabaseSync) =>
  createStore(database, createSettingsVault(database, Buffer.alloc(32, 7)))

test('a database of the first format is brought to this one, with what it holds', () => {
  const first = openDatabase(file)
  storeOf(first).add({
    id: 'dep_1',
    app: 'api',
    action: 'deploy',
    status: 'queued',
    image: { repository: 'x/y' },
    source: {},
    created_at: '2026-01-01T00:00:00.000Z',
    steps: [],
  })
  for (const table of ['audit', 'attestations', 'verified_digests'])
    first.exec(`DROP TABLE ${table}`)
  for (const index of ['deployments_by_app', 'deployments_by_digest'])
    first.exec(`DROP INDEX ${index}`)
  first.exec('ALTER TABLE deployments DROP COLUMN settings')
  first.exec('ALTER TABLE deployments DROP COLUMN stands_in')
  for (const table of [
    'settings',
    'addresses',
    'upstreams',
    'polls',
    'attempts',
    'installation',
    'volumes',
    'recreated',
    'certificate_attempts',
    'kept_logs',
    'stopped',
    'sign_in_links',
    'sessions',
  ])
    first.exec(`DROP TABLE ${table}`)
  first.exec(
    'CREATE TABLE slots (app TEXT, slot TEXT, address TEXT UNIQUE, port INTEGER, PRIMARY KEY (app, slot))',
  )
  first.exec(`INSERT INTO slots VALUES ('api', 'blue', '10.213.0.77', 8000)`)
  first.exec(`INSERT INTO slots VALUES ('api', 'green', '10.213.0.78', NULL)`)
  first.exec('PRAGMA user_version = 1')
  first.close()

  const database = openDatabase(file)
  expect(storeOf(database).newest('api')?.deployment.id).toBe('dep_1')
  const record = createSlotRecord(database, '10.213.0.0/24')
  expect(record.address('api', 'blue', 1)).toBe('10.213.0.77')
  expect(record.upstreams('api', { port: 1, replicas: 1 })).toEqual({
    blue: { port: 8000, replicas: 1 },
    green: { port: 8000, replicas: 1 },
  })
  expect(createAudit(database).list({ limit: 1 })).toEqual([])
  database.close()
  openDatabase(file).close()
})

test('a database of a newer version is left alone', () => {
  const database = openDatabase(file)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => openDatabase(file)).toThrow('was written by a newer deploy-receiver')
})

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
