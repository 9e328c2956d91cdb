import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Courier, startCourier } from '../../../../receiver/core/notify/courier.ts'
import { DeliveryError } from '../../../../receiver/core/notify/delivery-error.ts'
import type { Entry } from '../../../../receiver/core/notify/outbox.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createOutbox, MOST_WAITING } from '../../../../receiver/edges/store/outbox.ts'
import { createFakeClock, type FakeClock } from '../../../support/fakes/clock.ts'

const HOUR_MS = 60 * 60 * 1000

let clock: FakeClock
let told: string[]
let logged: string[]
let stopping: AbortController
let answers: Record<string, () => unknown>
let database: ReturnType<typeof openDatabase>
let outbox: ReturnType<typeof createOutbox>
beforeEach(() => {
  clock = createFakeClock()
  told = []
  logged = []
  answers = {}
  stopping = new AbortController()
  database = openDatabase(':memory:')
  outbox = createOutbox(database, (target, dropped) => void logged.push(`${dropped} of ${target}`))
})
afterEach(() => {
  stopping.abort(new Error('over'))
  database.close()
})

const put = (target: string, news: string) =>
  outbox.add({ target, news, content: news, at: clock.now() })
const send = async ({ target, content }: Entry) => {
  await answers[target]?.()
  told.push(`${target}: ${String(content)} at ${Math.round(clock.ms() / 1000)} s`)
  return 'told' as const
}
const start = (how: typeof send | ((entry: Entry) => Promise<undefined>) = send): Courier =>
  startCourier(
    {
      outbox,
      send: how,
      clock,
      log: (level, message) => void logged.push(`${level} ${message}`),
      random: () => 0.5,
    },
    stopping.signal,
  )
/** All that can be told by now. */
async function deliver(courier = start()): Promise<void> {
  courier.wake()
  await courier.stopped()
}
const failing = (times: number, error: Error) => () => {
  if (times-- > 0) throw error
}

test('each target hears of all in order, and of the same news once', async () => {
  for (const news of ['one', 'two', 'one', 'three']) put('slack', news)
  put('email', 'one')
  await deliver()
  put('slack', 'one')
  await deliver()
  expect(told.filter((each) => each.startsWith('slack'))).toEqual(
    ['one', 'two', 'three'].map((each) => `slack: ${each} at 0 s`),
  )
  expect(told).toContain('email: one at 0 s')
  expect(logged).toEqual([])
})

test('what is not taken is told again after longer and longer pauses, and what comes after it waits', async () => {
  answers['slack'] = failing(3, new DeliveryError('slack answered 500'))
  for (const news of ['one', 'two']) put('slack', news)
  await deliver()
  expect(told).toEqual(['slack: one at 80 s', 'slack: two at 80 s'])
  expect(logged).toEqual([
    'warn slack was not told: slack answered 500',
    'info slack is told again',
  ])
})

test('a target is left alone for as long as it asks, and at most some hours', async () => {
  const busy = (retryAfterMs: number) => new DeliveryError('busy', { retryAfterMs })
  answers['slack'] = failing(1, busy(90_000))
  answers['discord'] = failing(1, busy(1000 * HOUR_MS))
  put('slack', 'one')
  await deliver()
  put('discord', 'one')
  await deliver()
  expect(told).toEqual(['slack: one at 90 s', `discord: one at ${90 + (6 * HOUR_MS) / 1000} s`])
})

test('one target that is down holds no other up', async () => {
  const down = Promise.withResolvers<never>()
  answers['slack'] = () => down.promise
  put('slack', 'one')
  put('email', 'one')
  const courier = start()
  courier.wake()
  await expect.poll(() => told).toEqual(['email: one at 0 s'])
  down.reject(new DeliveryError('gone', { isFinal: true }))
  await courier.stopped()
})

test('what nobody takes for three days is dropped, with a line in the log and on record, and so is what is refused for good', async () => {
  answers['slack'] = failing(Infinity, new DeliveryError('slack answered 404: no_service'))
  put('slack', 'old')
  await deliver()
  expect(clock.ms()).toBeGreaterThan(70 * HOUR_MS)
  expect(clock.ms()).toBeLessThanOrEqual(72 * HOUR_MS)
  answers['slack'] = failing(1, new DeliveryError('slack answered 400', { isFinal: true }))
  for (const news of ['bad', 'good']) put('slack', news)
  await deliver()
  expect(told).toMatchObject([expect.stringContaining('slack: good')])
  expect(logged).toEqual([
    'warn slack was not told: slack answered 404: no_service',
    'error news for slack were dropped: slack answered 404: no_service',
    'error news for slack were dropped: slack answered 400',
  ])
  expect(outbox.record('slack', new Date(clock.now()))).toMatchObject({
    dropped: 2,
    waiting: 0,
    lastDrop: { why: 'slack answered 400' },
  })
})

test('of a target that is not there any more all is dropped', async () => {
  put('slack', 'one')
  await deliver(start(async () => undefined))
  expect(logged).toEqual(['error news for slack were dropped: it is not in the config any more'])
})

test('when too many wait the oldest ones give way', () => {
  for (let nth = 1; nth <= MOST_WAITING + 2; nth++) put('slack', `n${nth}`)
  expect(outbox.next('slack')?.content).toBe('n3')
  expect(outbox.record('slack', new Date(clock.now()))).toMatchObject({
    waiting: MOST_WAITING,
    dropped: 2,
  })
  expect(logged).toEqual(['1 of slack', '1 of slack'])
})

test('what waits for its time is told at once when targets may be others', async () => {
  const tried = Promise.withResolvers<void>()
  answers['slack'] = failing(1, new DeliveryError('no'))
  const slow: FakeClock = {
    ...clock,
    sleep: (_ms, signal) => {
      tried.resolve()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('woken')), { once: true })
      })
    },
  }
  const { log, random } = { log: () => {}, random: () => 0 }
  const courier = startCourier({ outbox, send, clock: slow, log, random }, stopping.signal)
  put('slack', 'one')
  courier.wake()
  await tried.promise
  expect(told).toEqual([])
  courier.hurry()
  await courier.stopped()
  expect(told).toEqual(['slack: one at 0 s'])
})

test('what was told and could not be noted is not told again while the disk has no room', async () => {
  let full = 3
  const { told: note } = outbox
  outbox.told = (...args) => {
    if (full-- > 0) throw new Error('its disk is full')
    note(...args)
  }
  put('slack', 'one')
  await deliver()
  expect(told).toHaveLength(1)
  expect(outbox.targets()).toEqual([])
})

test('what was told and dropped is forgotten after a month', async () => {
  put('slack', 'one')
  await deliver()
  const rows = () => Number(database.prepare('SELECT count(*) AS n FROM outbox').get()?.['n'])
  const after = (days: number) => new Date(Date.parse(clock.now()) + days * 24 * HOUR_MS)
  outbox.prune(after(29))
  expect(rows()).toBe(1)
  outbox.prune(after(31))
  expect(rows()).toBe(0)
})
