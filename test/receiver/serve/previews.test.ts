import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppConfig, Config } from '../../../receiver/config/config.ts'
import { oneAfterTheOther, type Previews, startPreviews } from '../../../receiver/serve/previews.ts'
import { createPreviews, type StoredPreviews } from '../../../receiver/edges/store/previews.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { createFakeWorld } from '../../support/fake-world.ts'

let database: DatabaseSync
let record: StoredPreviews
let bridges: Set<string>
/** What a bridge waits for before it is made. */
let before: Promise<void>
let reports: string[]
let stopping: AbortController
let previews: Previews

const api = { name: 'api', previews: { domain: 'preview.test', app: {}, ttlMs: 0 } }

beforeEach(() => {
  database = openDatabase(':memory:')
  record = createPreviews(database)
  bridges = new Set()
  reports = []
  before = Promise.resolve()
  stopping = new AbortController()
  const { ports } = createFakeWorld()
  previews = startPreviews(() => ({ apps: { api } }) as unknown as Config, {
    ...ports,
    sites: { remove: async () => false },
    slots: { clear() {} },
    compose: { forget() {}, removeApart: async () => [] },
    keptLogs: { forget() {} },
    connections: async () => 0,
    journal: { ...ports.journal, transaction: <T>(work: () => T) => work(), unfinished: () => [] },
    apps: {
      all: () => new Map<string, AppConfig>(),
      take: async () => [],
      add() {},
      drop: async () => {},
      wake() {},
      tidy() {},
      stop: async () => {},
    },
    previews: record,
    transaction: <T>(work: () => T) => work(),
    async makeBridge(app: string) {
      await before
      if (app === 'api--full') throw new Error('no addresses are left')
      bridges.add(app)
    },
    removeBridge: async (app: string) => bridges.delete(app),
    inTurn: oneAfterTheOther(),
    forgotten() {},
    announce() {},
    report: (message: string) => void reports.push(message),
    signal: stopping.signal,
  } as unknown as Parameters<typeof startPreviews>[1])
})
afterEach(async () => {
  stopping.abort(new Error('it stops'))
  await previews.ended
  database.close()
})

const put = (app: string) =>
  record.put({ app, of: 'api', madeAt: '2026-01-01', deployedAt: '2026-01-01' })

test('one that is removed while it comes leaves no bridge', async () => {
  const made = Promise.withResolvers<void>()
  before = made.promise
  put('api--one')
  previews.changed('api--one')
  const removed = previews.remove('api--one')
  previews.changed('api--one')
  made.resolve()
  await removed
  expect([[...bridges], record.all()]).toEqual([[], []])
})

test('a bridge that cannot be made is told', async () => {
  put('api--full')
  previews.changed('api--full')
  await expect.poll(() => reports).toEqual(['the bridge of a preview could not be made'])
})
