import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Config } from '../../../receiver/config/config.ts'
import { failed, found, of, type Finding } from '../../../receiver/core/finding.ts'
import type { News } from '../../../receiver/core/notify/news.ts'
import type { Target } from '../../../receiver/core/notify/target.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../receiver/edges/store/transaction.ts'
import { createToldWarnings } from '../../../receiver/edges/store/told-warnings.ts'
import type { AskedDocker } from '../../../receiver/serve/doctor/look-at-docker.ts'
import { lookAtAll, watchWarnings } from '../../../receiver/serve/watch-warnings.ts'
import { createFakeClock, type FakeClock } from '../../support/fakes/clock.ts'

const EVERY_MS = 5 * 60_000
const TARGET: Target = {
  name: 'ops',
  way: { kind: 'slack', url: 'https://hooks.example/x' },
  on: ['certificate'],
  allowsPrivate: false,
}
const BROKEN = failed(of('certificate', 'api'), new Error('the CA refuses with s3cret'))

let data: string
let database: ReturnType<typeof openDatabase>
let clock: FakeClock
let stopping: AbortController
let targets: Target[]
let certificates: () => Promise<Finding[]>
let told: string[]
let logged: string[]
let wakes: number
/** Ends it after so many looks. */
let looks: number

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'warnings-'))
  database = openDatabase(':memory:')
  clock = createFakeClock()
  stopping = new AbortController()
  targets = [TARGET]
  certificates = async () => [BROKEN]
  told = []
  logged = []
  wakes = 0
  looks = 2
  clock.during = (now) => {
    if (now > looks * EVERY_MS) stopping.abort(new Error('the receiver stops'))
  }
})
afterEach(() => {
  database.close()
  rmSync(data, { recursive: true })
})

const docker = { info: async () => ({ DockerRootDir: '/nowhere' }) }
const watch = () =>
  watchWarnings(() => ({ data, notify: targets }) as unknown as Config, {
    store: {
      outbox: {
        add: ({ target, content }: { target: string; content: unknown }) => {
          const { warning } = content as Extract<News, { warning: unknown }>
          told.push(`${target}: ${warning.app} ${warning.subject}: ${warning.message}`)
        },
      } as never,
      toldWarnings: createToldWarnings(database),
      journal: { transaction: <T>(work: () => T) => transaction(database, work) },
    },
    docker,
    certificates: () => certificates(),
    told: () => void (wakes += 1),
    redact: (value) =>
      JSON.parse(JSON.stringify(value).replaceAll('s3cret', '[KEY]')) as typeof value,
    clock,
    log: (level, message) => void logged.push(`${level} ${message}`),
    signal: stopping.signal,
  })

test('what two looks in a row saw is told once, without secrets, however often it is seen', async () => {
  looks = 5
  await watch()
  expect(told).toEqual(['ops: api certificate:api: the CA refuses with [KEY]'])
  expect(wakes).toBe(5)
  expect(logged).toEqual([])
})

test('as long as nobody is to hear of anything nothing is looked at', async () => {
  targets = []
  let looked = 0
  certificates = async () => ((looked += 1), [])
  await watch()
  expect([looked, wakes]).toEqual([0, 0])
})

test('a look that fails is logged, and the next ones are made', async () => {
  looks = 4
  let at = 0
  certificates = async () => {
    at += 1
    if (at === 1) throw new Error('it cannot be looked')
    return [BROKEN]
  }
  await watch()
  expect(logged).toEqual(['warn certificates and disks were not looked at'])
  expect(told).toHaveLength(1)
})

test('a look that hangs does not keep the receiver from stopping', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  certificates = () => (resolve(), new Promise(() => {}))
  const watching = watch()
  await asked
  stopping.abort(new Error('the receiver stops'))
  await watching
  expect([told, logged]).toEqual([[], []])
})

const seen = async (
  all: Finding[],
  info: AskedDocker['info'] = async () => ({ DockerRootDir: '/nowhere' }),
) => {
  const looked = await lookAtAll({ docker: { info }, data, certificates: async () => all })
  return looked.map(({ kind, subject, what, app, level }) => [kind, subject, what, app, level])
}

test('certificates are of their app, the receiver’s own of none, and each disk has a name', async () => {
  const all = await seen([
    found(of('certificate', 'api'), 'good'),
    found(of('certificate', 'shop'), { message: 'soon', hint: 'look' }),
    failed(of('certificate', 'url.deploy.test'), new Error('gone')),
  ])
  expect(all.filter(([kind]) => kind === 'certificate')).toEqual([
    ['certificate', 'certificate:api', 'certificate of api', 'api', 'ok'],
    ['certificate', 'certificate:shop', 'certificate of shop', 'shop', 'warning'],
    [
      'certificate',
      'certificate:url.deploy.test',
      'certificate of url.deploy.test',
      undefined,
      'failure',
    ],
  ])
  expect(
    all.filter(([kind]) => kind === 'disk').map(([, subject, what]) => [subject, what]),
  ).toEqual([
    ['disk', 'the disk of images'],
    ['data', 'the disk of data'],
    ['logs', 'the disk of logs'],
  ])
})

test('a disk that cannot be seen is no news of a disk', async () => {
  rmSync(data, { recursive: true })
  const all = await seen([], () => Promise.reject(new Error('no engine')))
  expect(all.map(([, subject]) => subject)).toEqual(['logs'])
  data = mkdtempSync(join(tmpdir(), 'warnings-'))
})
