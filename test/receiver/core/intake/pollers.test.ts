import { beforeEach, expect, test } from 'vitest'
import type { PollPorts } from '../../../../receiver/core/intake/poll.ts'
import {
  createPollers,
  type Pollers,
  submitPolled,
} from '../../../../receiver/core/intake/pollers.ts'
import type { Intake } from '../../../../receiver/core/intake/submit.ts'
import { createRedactor } from '../../../../receiver/core/redaction/redactor.ts'
import { openStore } from '../../../../receiver/serve/open-store.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const POLLED = { ...APP, pollMs: 60_000 }

/** Pauses that pollers have begun, each with what it is to end by. */
let pauses: { ms: number; signal: AbortSignal; fail: (error: Error) => void }[]
let reports: string[]
let pollers: Pollers
beforeEach(() => {
  pauses = []
  reports = []
  const ports: PollPorts = {
    resolve: async () => DIGEST.one,
    seen: () => DIGEST.one,
    see: () => {},
    isLive: () => true,
    deploy: () => {},
    clock: {
      ...createFakeClock(),
      sleep: (ms, signal) =>
        new Promise((_, reject) => {
          pauses.push({ ms, signal, fail: reject })
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    },
    random: () => 0.5,
    report: (message, details) => void reports.push(`${message} ${JSON.stringify(details)}`),
  }
  pollers = createPollers(ports)
})

const running = () => pauses.filter(({ signal }) => !signal.aborted).map(({ ms }) => ms)

test('each app that is polled has a poller, and no other one', async () => {
  pollers.take([POLLED, { ...POLLED, name: 'web', pollMs: 90_000 }, { ...APP, name: 'quiet' }])
  expect(running()).toStrictEqual([60_000, 90_000])
  await pollers.stop()
})

test('apps that are taken anew are polled by their new intervals alone', async () => {
  pollers.take([POLLED])
  pollers.take([{ ...POLLED, pollMs: 30_000 }])
  expect(running()).toStrictEqual([30_000])
  pollers.take([])
  expect(running()).toStrictEqual([])
  await pollers.stop()
})

test('a stop ends them all, and waits until they have ended, without a word', async () => {
  pollers.take([POLLED, { ...POLLED, name: 'web' }])
  await pollers.stop()
  expect(running()).toStrictEqual([])
  expect(reports).toStrictEqual([])
})

test('a poller that ends by itself is reported, with its app', async () => {
  pollers.take([POLLED])
  pauses[0]?.fail(new Error('the clock is broken'))
  await new Promise((resolve) => setImmediate(resolve))
  await pollers.stop()
  expect(reports).toStrictEqual([
    expect.stringMatching(/^the registry is not polled any more .*"api"/),
  ])
})

test('what is new at the registry is deployed as by a hook, and the audit trail says why', () => {
  const { intake, audit, database } = openStore(
    { file: ':memory:', settingsKey: Buffer.alloc(32, 7), subnet: '10.213.0.0/24' },
    { clock: createFakeClock(), log: () => {}, redactor: createRedactor({ common: [], apps: {} }) },
  )
  submitPolled(APP, DIGEST.two, intake satisfies Intake)
  expect(intake.newest('api')).toMatchObject({
    action: 'deploy',
    status: 'queued',
    image: { repository: APP.image.repository, tag: 'latest', digest: DIGEST.two },
    source: {},
  })
  expect(audit.list({ limit: 9 })).toMatchObject([
    {
      sender: { kind: 'poll' },
      outcome: 'accepted',
      request: 'registry.example/acme/api:latest moved',
    },
  ])
  database.close()
})
