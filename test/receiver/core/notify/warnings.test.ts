import { afterEach, beforeEach, expect, test } from 'vitest'
import type { News } from '../../../../receiver/core/notify/news.ts'
import type { Target } from '../../../../receiver/core/notify/target.ts'
import { createWarnings, type Looked } from '../../../../receiver/core/notify/warnings.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../../receiver/edges/store/transaction.ts'
import { createToldWarnings } from '../../../../receiver/edges/store/told-warnings.ts'
import { createFakeClock, type FakeClock } from '../../../support/fakes/clock.ts'

const way = { kind: 'slack', url: 'https://hooks.example/x' } as const
const target = (name: string, more: Partial<Target> = {}): Target => ({
  name,
  way,
  on: ['certificate', 'disk'],
  allowsPrivate: false,
  ...more,
})
const TARGETS = [
  target('all'),
  target('web', { apps: ['web'] }),
  target('deploys', { on: ['failed'] }),
]

let clock: FakeClock
let database: ReturnType<typeof openDatabase>
let told: string[]
const open = () =>
  createWarnings({
    told: createToldWarnings(database),
    outbox: {
      add: ({ target: name, content }) => {
        const news = content as Extract<News, { warning: unknown }>
        told.push(`${name}: ${news.warning.subject} ${news.warning.message}`)
      },
    },
    targets: () => TARGETS,
    transaction: (work) => transaction(database, work),
    clock,
  })
beforeEach(() => {
  clock = createFakeClock()
  database = openDatabase(':memory:')
  told = []
})
afterEach(() => database.close())

const certificate = (level: Looked['level'], message = level): Looked => ({
  kind: 'certificate',
  subject: 'certificate:api',
  what: 'certificate of api',
  app: 'api',
  message,
  level,
})
const disk = (level: Looked['level']): Looked => ({
  kind: 'disk',
  subject: 'disk',
  what: 'the disk of images',
  message: level,
  level,
})
const hours = (count: number) => clock.sleep(count * 60 * 60 * 1000, AbortSignal.timeout(100_000))

test('what is wrong is told once, and once more when it gets worse, also over a restart', () => {
  let look = open()
  for (const level of ['ok', 'warning', 'warning', 'warning'] as const) look([certificate(level)])
  expect(told).toEqual(['all: certificate:api warning'])
  look = open()
  for (const level of ['warning', 'warning', 'failure', 'failure', 'failure'] as const) {
    look([certificate(level)])
  }
  expect(told).toEqual(['all: certificate:api warning', 'all: certificate:api failure'])
})

test('what is seen once is a moment', () => {
  const look = open()
  for (const level of ['ok', 'failure', 'ok', 'failure', 'ok'] as const) look([disk(level)])
  expect(told).toEqual([])
})

test('what is of the machine is told everybody who wants to hear of it, what is of an app those of the app', () => {
  const look = open()
  for (const _ of [1, 2]) look([disk('failure'), certificate('failure')])
  expect(told).toEqual(['all: disk failure', 'web: disk failure', 'all: certificate:api failure'])
})

test('a disk at its limit is told of once, and again after it was well for hours', async () => {
  const look = open()
  for (const level of ['failure', 'failure', 'ok', 'failure', 'failure', 'ok'] as const) {
    look([disk(level)])
    await hours(1)
  }
  expect(told).toHaveLength(2)
  await hours(6)
  for (const level of ['ok', 'failure', 'failure'] as const) look([disk(level)])
  expect(told).toHaveLength(4)
})
