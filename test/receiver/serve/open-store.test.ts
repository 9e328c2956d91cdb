import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { submit, type Submission } from '../../../receiver/core/intake/submit.ts'
import { settingsOf } from '../../../receiver/core/app.ts'
import { createRedactor } from '../../../receiver/core/redaction/redactor.ts'
import { removeApp } from '../../../receiver/core/slots/remove-app.ts'
import { storePlace } from '../../../receiver/serve/machine.ts'
import { openStore, type OpenStore } from '../../../receiver/serve/open-store.ts'
import { APP, DIGEST } from '../../support/fake-world.ts'
import { createFakeClock } from '../../support/fakes/clock.ts'

const SECRET = 'correct-horse-battery'
const REQUEST = '0123456789abcdef'.repeat(2)
let store: OpenStore
let logged: string[]
const open = (secret: string, file = ':memory:') =>
  openStore(
    { file, settingsKey: Buffer.alloc(32, 7), subnet: '10.213.0.0/24' },
    {
      clock: createFakeClock(),
      log: (level, message, details) => {
        logged.push(`${level} ${message} ${JSON.stringify(details)}`)
      },
      redactor: createRedactor({ common: [{ name: 'TOKEN', value: secret }], apps: {} }),
    },
  )
beforeEach(() => {
  logged = []
  store = open(SECRET)
})
afterEach(() => store.database.close())

test('its directory is open to Nginx from the start on, also one that was there and closed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'place-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  chmodSync(dir, 0o700)
  storePlace(dir, { subnet: '10.213.0.0/24' })
  expect(statSync(dir).mode & 0o777).toBe(0o711)
})

const accept = (source: Submission['source'] = {}, request?: string) => {
  const submitted = submit(
    {
      app: APP,
      asks: { kind: 'order', request: { action: 'deploy', digest: DIGEST.one } },
      source,
      attestations: [],
      bodySha256: '',
      audit: {
        sender: { kind: 'socket' },
        ...(request === undefined ? {} : { request_id: request }),
      },
    },
    store.intake,
  )
  if (submitted.kind !== 'accepted') throw new Error(submitted.kind)
  return submitted.deployment
}

test('of those that wait only the newest stays, and the log has a line for each of the others', async () => {
  const [first, second, third] = [accept(), accept(), accept()]
  const statuses = [first, second, third].map(({ id }) => store.intake.get(id)?.status)
  expect(statuses).toEqual(['superseded', 'superseded', 'queued'])
  expect(logged).toEqual(
    [first, second].map(({ id }) => expect.stringMatching(`info deployment superseded .*${id}`)),
  )
})

test('a deployment that runs is not superseded', () => {
  const running = accept()
  store.journal.append(running.id, { type: 'started', at: '2026-01-01T00:00:00.000Z' })
  accept()
  expect(store.intake.get(running.id)?.status).toBe('running')
})

test('who follows one that is superseded hears of it at once', async () => {
  const { id } = accept()
  const changed = store.feed.next(id, new AbortController().signal)
  accept()
  await changed
})

test('a secret in what the sender says of itself is neither kept nor answered', () => {
  const { id, source } = accept({ message: `deploy with ${SECRET}`, ref: 'refs/heads/main' })
  expect(source).toEqual({ message: 'deploy with [TOKEN]', ref: 'refs/heads/main' })
  expect(store.intake.get(id)?.source).toEqual(source)
})

test('what names a run stays as it is, whatever word is somebody’s secret', () => {
  store.database.close()
  store = open('refs/heads/main')
  const source = { repository: 'acme/api', ref: 'refs/heads/main', sha: 'a'.repeat(40) }
  expect(accept(source).source).toEqual(source)
  const link = { run_url: 'https://github.example/acme/api/runs/1?token=abcdef' }
  expect(accept(link).source.run_url).toBe('https://github.example/acme/api/runs/1?[query]')
})

test('the audit trail has an app under its name, and no secret in its texts', () => {
  store.database.close()
  store = open('checkout-api')
  const at = '2026-01-01T00:00:00.000Z'
  store.intake.audit.add({
    at,
    last_at: at,
    count: 1,
    app: 'checkout-api',
    sender: { kind: 'oidc', claims: { repository: 'acme/checkout-api' } },
    outcome: 'accepted',
    request: 'deploy checkout-api',
    reason: 'no checkout-api',
  })
  expect(store.audit.list({ app: 'checkout-api', limit: 9 })).toMatchObject([
    {
      outcome: 'accepted',
      sender: { kind: 'oidc', claims: { repository: 'acme/checkout-api' } },
      request: 'deploy [TOKEN]',
      reason: 'no [TOKEN]',
    },
  ])
})

test('an app that is removed ends what waits and what runs, in the log as well', async () => {
  const running = accept()
  store.journal.append(
    running.id,
    { type: 'started', at: '2026-01-01T00:00:00.000Z' },
    { live: true },
  )
  const waiting = accept()
  store.record.addVolumes(APP.name, [{ path: '/data', replica: 1, volume: 'api_data' }])
  const removed: string[] = []
  const done = await removeApp(
    { app: APP.name, volumes: true },
    {
      engine: {
        containers: async () => [],
        services: async () => [],
        remove: async () => {},
        removeReleases: async () => {},
        removeCommands: async () => {},
        removeVolumes: async (volumes) => [...volumes],
      },
      sites: { remove: async () => true },
      slots: { clear: (app) => void removed.push(app) },
      record: store.record,
      keptLogs: store.keptLogs,
      compose: { forget: () => {} },
      connections: () => 0,
      journal: store.journal,
      clock: { ...createFakeClock(), now: () => '2026-01-01T00:00:01.000Z' },
      apps: { all: () => new Map() },
    },
    new AbortController().signal,
  )
  expect(done.removed).toEqual(["Nginx's file", 'volume api_data', 'its place in the store'])
  expect(store.record.volumes(APP.name)).toEqual([])
  expect(removed).toEqual(['api'])
  for (const { id } of [running, waiting]) {
    expect(store.intake.get(id)).toMatchObject({ status: 'failed', error: { code: 'app_removed' } })
    expect(logged.join('\n')).toMatch(new RegExp(`error deployment failed .*${id}.*app_removed`))
  }
  expect(store.journal.live('api')).toBeUndefined()
})

test('a log is kept without secrets, those of the deployment too that nobody knows any more', async () => {
  store = open('of-the-config')
  const { id } = accept()
  const { container } = settingsOf(APP)
  store.journal.append(
    id,
    { type: 'started', at: '2026-01-01T00:00:00.000Z' },
    {
      settings: {
        ...settingsOf(APP),
        container: {
          ...container,
          environment: { KEY: 'of-the-release' },
          secretEnvironment: ['KEY'],
        },
      },
    },
  )
  const of = { app: APP.name, generation: 1 }
  const at = '2026-01-01T00:00:00.000000000Z'
  await store.keptLogs.keep({ ...of, replica: 1 }, [
    { at, text: 'first' },
    { at, text: ' of-the-config of-the-release \u001b[31m' },
  ])
  expect(store.keptLogs.read(of)).toEqual([
    {
      replica: 1,
      lines: [
        { at, text: 'first' },
        { at, text: ' [TOKEN] [KEY] \u001b[31m' },
      ],
    },
  ])
  store.keptLogs.remove(APP.name, [1])
  expect(store.keptLogs.generations(APP.name)).toEqual([])
})

test('the log has a line for each step, and the id of the request in all of them, after a restart too', () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-'))
  const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
  try {
    store.database.close()
    store = open(SECRET, join(dir, 'store.db'))
    const { id } = accept({}, REQUEST)
    store.journal.append(id, { type: 'started', at: at(0) })
    const pull = { type: 'step', step: 'pull', at: at(1) } as const
    store.journal.append(id, { ...pull, status: 'running' })
    store.journal.append(id, { ...pull, status: 'succeeded', ms: 812, message: `3 MB ${SECRET}` })

    store.database.close()
    store = open(SECRET, join(dir, 'store.db'))
    const health = { type: 'step', step: 'health', at: at(4) } as const
    const progress = { type: 'progress', step: 'health', at: at(4), message: '503' } as const
    store.journal.append(id, { ...health, status: 'running' })
    store.journal.append(id, progress)
    store.journal.append(id, { ...progress, current: 1, total: 2 })
    const error = { code: 'unhealthy', message: 'it answered 503', hint: 'look at it' }
    store.journal.append(id, { ...health, status: 'failed', ms: 30_000, error })
    store.journal.append(id, { type: 'finished', at: at(5), status: 'failed' })

    const of = `"app":"api","deployment":"${id}","request_id":"${REQUEST}"`
    expect(logged.map((line) => line.replace(of, '…').replace(/sha256:\w+/, 'sha256:1'))).toEqual([
      'info deploy begins {…,"image":"registry.example/acme/api@sha256:1"}',
      'debug pull begins {…,"step":"pull"}',
      'info pull done in 812 ms {…,"detail":"3 MB [TOKEN]","step":"pull","ms":812}',
      'debug health begins {…,"step":"health"}',
      'debug health goes on {…,"detail":"503"}',
      'warn health failed after 30.0 s {…,"code":"unhealthy","step":"health","ms":30000}',
      `error deployment failed after 5.0 s {…,"action":"deploy","digest":"sha256:1","ms":5000,"code":"unhealthy","reason":"it answered 503","hint":"look at it"}`,
    ])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
