import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAttestations } from '../../../../receiver/edges/store/attestations.ts'
import { createAudit } from '../../../../receiver/edges/store/audit.ts'
import {
  createCertificateOrders,
  createPassingCertificates,
} from '../../../../receiver/edges/store/certificate-orders.ts'
import { createIdempotency } from '../../../../receiver/edges/store/idempotency.ts'
import { createInstallation } from '../../../../receiver/edges/store/installation.ts'
import { createKeptLogs } from '../../../../receiver/edges/store/kept-logs.ts'
import { createOutbox } from '../../../../receiver/edges/store/outbox.ts'
import { createPolls } from '../../../../receiver/edges/store/polls.ts'
import { createPreviews } from '../../../../receiver/edges/store/previews.ts'
import { FORMAT, openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../../../receiver/edges/store/settings.ts'
import { createSlotRecord } from '../../../../receiver/edges/store/slot-record.ts'
import { createStore } from '../../../../receiver/edges/store/store.ts'
import { createToldWarnings } from '../../../../receiver/edges/store/told-warnings.ts'

/** A store of each format that a version of the receiver wrote, with some rows: `sqlite3 FILE .dump`, and its `user_version`. */
const FORMATS = join(import.meta.dirname, 'formats')
const texts = new Map(
  readdirSync(FORMATS)
    .toSorted()
    .map((file) => [Number(file.slice(0, 2)), readFileSync(join(FORMATS, file), 'utf8')]),
)
const SCHEMA = fileURLToPath(new URL('../../../../receiver/edges/store/schema.ts', import.meta.url))
const digest = (letter: string) => `sha256:${letter.repeat(64)}`

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-formats-'))
  file = join(dir, 'x.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

function write(format: number): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(texts.get(format) ?? '')
  database.close()
}
const formatOf = (database: DatabaseSync) =>
  Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
/** Tables and indexes, as they were made: without what differs between making and changing a table. */
const shapeOf = (database: DatabaseSync) =>
  database
    .prepare(`SELECT type, name, tbl_name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name`)
    .all()
    .map((each) => ({
      ...each,
      columns: database.prepare(`PRAGMA table_xinfo(${String(each['name'])})`).all(),
    }))

/** What a process that opens it now finds. */
function stateOf(store: string) {
  const database = new DatabaseSync(store)
  const state = { format: formatOf(database), shape: shapeOf(database) }
  database.close()
  return state
}
const vaultOf = (database: DatabaseSync) => createSettingsVault(database, Buffer.alloc(32, 7))

test('there is a store of every format that this version knows', () => {
  expect([...texts.keys()]).toEqual(Array.from({ length: FORMAT }, (_, at) => at + 1))
})

describe.for([...texts.keys()])('a store of format %i', (format) => {
  test('is brought to the newest one, and what it holds can be read', () => {
    write(format)
    const database = openDatabase(file)
    expect(formatOf(database)).toBe(FORMAT)
    const store = createStore(database, vaultOf(database))
    expect(store.live('api')?.deployment).toMatchObject({
      id: 'dep_one',
      status: 'succeeded',
      image: { repository: 'ghcr.io/acme/api', tag: 'latest', digest: digest('a') },
      source: { message: 'Größer & schöner' },
    })
    expect(store.find('api', 1)?.standsIn).toBe(1)
    expect(store.next('api')?.deployment).toMatchObject({ id: 'dep_two', status: 'running' })
    expect(store.list('web', { limit: 9 })).toMatchObject([{ error: { code: 'unhealthy' } }])
    expect(store.events('dep_one', 0).map(({ event }) => event.type)).toEqual([
      'started',
      'step',
      'image',
      'step',
      'live',
      'finished',
    ])
    // those of older ones are not taken, so that a rollback goes by the config
    if (format >= 6) expect(store.settings('dep_one')).toMatchObject({ replicas: 1 })
    expect(store.attempts('dep_two', 'pull')).toBe(format >= 6 ? 2 : 0)
    expect(store.secret('follow')).toHaveLength(32)

    const record = createSlotRecord(database, '10.213.0.0/24')
    expect(record.address('api', 'green', 1)).toBe('10.213.0.11')
    expect(record.upstreams('api', { port: 1, replicas: 1 }).blue).toEqual({
      port: 8000,
      replicas: 1,
    })
    expect(record.volumes('api').map(({ volume }) => volume)).toEqual(
      format >= 8 ? ['api-data'] : [],
    )
    expect(record.stopped('api')?.awaits).toEqual(
      format >= 13 ? ['api-data'] : format >= 11 ? [] : undefined,
    )
    const idempotency = createIdempotency(database)
    expect(idempotency.useToken({ issuer: 'https://issuer.example', jti: 'j', expiresAt: 1 })).toBe(
      false,
    )
    expect(createAudit(database).list({ limit: 9 })).toHaveLength(format >= 2 ? 1 : 0)
    expect(createAttestations(database).sent('dep_two')).toHaveLength(format >= 2 ? 1 : 0)
    expect(createPolls(database).seen('api')).toBe(format >= 5 ? digest('b') : undefined)
    expect(createInstallation(database).id()).toBe(format >= 7 ? '0123456789abcdef' : undefined)
    expect(createKeptLogs(database, () => (x) => x).generations('web')).toEqual(
      format >= 10 ? [3] : [],
    )
    const outbox = createOutbox(database, () => {})
    expect(outbox.next('slack')?.attempts).toBe(format >= 14 ? 2 : undefined)
    expect(createToldWarnings(database).get('certificate:api')?.level).toBe(
      format >= 14 ? 'failure' : undefined,
    )
    const previews = createPreviews(database)
    expect(previews.get('api--pr-42')?.origin?.headRef).toBe(format >= 15 ? 'feature/x' : undefined)
    expect(previews.get('api--pr-42')?.run?.id).toBe(format >= 16 ? 16_000_000_000 : undefined)
    expect(previews.removals('api--pr-41').run).toBe(format >= 15 ? 16_000_000_001 : undefined)
    expect(previews.removals('api--pr-41').byNone !== undefined).toBe(format >= 16)
    expect(createCertificateOrders(database).all()).toMatchObject(
      format >= 17 ? [{ outcome: { kind: 'issued' } }] : [],
    )
    expect(createPassingCertificates(database).all()).toMatchObject(
      format >= 17 ? [{ site: 'api--pr-42', leftAt: '2026-01-01T00:00:12.000Z' }] : [],
    )
    // a new deployment takes the number after the last one
    store.add({ ...structuredClone(TEMPLATE), id: 'dep_new' })
    expect(store.get('dep_new')?.generation).toBe(4)

    const fresh = openDatabase(join(dir, 'fresh.db'))
    expect(shapeOf(database)).toEqual(shapeOf(fresh))
    for (const each of [database, fresh]) each.close()
  })
})

const TEMPLATE = {
  id: '',
  app: 'api',
  action: 'deploy' as const,
  status: 'queued' as const,
  image: { repository: 'x/y' },
  source: {},
  created_at: '2026-02-01T00:00:00.000Z',
  steps: [],
}

test('a change of format that is killed leaves the store as it was, or is done', async () => {
  write(1)
  const first = readFileSync(file)
  const before = stateOf(file)
  const found = []
  for (const nth of [1, 4, 16]) {
    writeFileSync(file, first)
    const kill = [
      '-f',
      '-q',
      '-e',
      'trace=pwrite64',
      '-e',
      `inject=pwrite64:signal=KILL:when=${nth}`,
    ]
    const open = `import { openDatabase } from ${JSON.stringify(SCHEMA)}; openDatabase(process.argv[1])`
    const child = spawn(
      'strace',
      [...kill, process.execPath, '--input-type=module-typescript', '-e', open, file],
      { stdio: 'ignore' },
    )
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    expect([nth, signal]).toEqual([nth, 'SIGKILL'])
    found.push(stateOf(file))
    const database = openDatabase(file)
    expect([
      formatOf(database),
      createStore(database, vaultOf(database)).live('api'),
    ]).toMatchObject([FORMAT, { generation: 1 }])
    database.close()
  }
  expect(found).toEqual([before, before, before])
})

test('a store of a newer version is refused with what to do, and is as it was', () => {
  write(FORMAT)
  const newer = new DatabaseSync(file)
  newer.exec(`PRAGMA user_version = ${FORMAT + 1}; CREATE TABLE of_tomorrow (x)`)
  newer.close()
  const before = stateOf(file)
  expect(() => openDatabase(file)).toThrow(
    `${file} was written by a newer deploy-receiver (format ${FORMAT + 1}, this one knows ${FORMAT}): install that one`,
  )
  expect(stateOf(file)).toEqual(before)
})
