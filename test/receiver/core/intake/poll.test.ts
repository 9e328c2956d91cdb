import { expect, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { poll, type PollPorts } from '../../../../receiver/core/intake/poll.ts'
import { createPollers } from '../../../../receiver/core/intake/pollers.ts'
import { APP, DIGEST, unreachable } from '../../../support/fake-world.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const app = { ...APP, pollMs: 60_000 }

/** Polls that many times; `answers` gives what the registry says each time. */
async function polled(
  answers: (string | Error)[],
  { live = true, seen, random = 0.5 }: { live?: boolean; seen?: string; random?: number } = {},
) {
  const clock = createFakeClock()
  const stop = new AbortController()
  const deployed: string[] = []
  const asked: number[] = []
  const reports: string[] = []
  let last = seen
  const ports: PollPorts = {
    async resolve() {
      const answer = answers[asked.length]
      asked.push(clock.ms())
      if (asked.length >= answers.length) stop.abort(new Error('enough'))
      if (answer instanceof Error) throw answer
      return answer ?? ''
    },
    seen: () => last,
    see: (_app, digest) => void (last = digest),
    isLive: () => live,
    deploy: (_app, digest) => void deployed.push(digest),
    clock,
    random: () => random,
    report: (message) => void reports.push(message),
  }
  await poll(app, ports, stop.signal).catch(() => {})
  return { deployed, asked, seen: last, reports, pauses: minutesBetween(asked) }
}

const minutesBetween = (times: readonly number[]) =>
  times.map((at, index) => (at - (times[index - 1] ?? 0)) / 60_000)

test('a tag that moves is deployed, once', async () => {
  const { deployed } = await polled([DIGEST.one, DIGEST.two, DIGEST.two, DIGEST.three], {
    seen: DIGEST.one,
  })
  expect(deployed).toStrictEqual([DIGEST.two, DIGEST.three])
})

test('what runs when polling is turned on stays, unless nothing runs', async () => {
  expect((await polled([DIGEST.one, DIGEST.one])).deployed).toStrictEqual([])
  expect((await polled([DIGEST.one, DIGEST.one], { live: false })).deployed).toStrictEqual([
    DIGEST.one,
  ])
})

test('a tag that moves in the first interval after polling is turned on is deployed', async () => {
  const { asked, deployed } = await polled([DIGEST.one, DIGEST.two])
  expect(asked[0]).toBe(0)
  expect(deployed).toStrictEqual([DIGEST.two])
})

test('the registry is asked at the interval, ever later while it does not answer, and soon again', async () => {
  const away = unreachable()
  const { pauses, reports } = await polled([DIGEST.one, away, away, DIGEST.one, DIGEST.one], {
    seen: DIGEST.one,
  })
  expect(pauses).toStrictEqual([1, 1, 2, 4, 1])
  expect(reports).toHaveLength(2)
})

test('a registry that stays away is asked every 16 intervals, not ever more rarely', async () => {
  const { pauses } = await polled(Array<Error>(8).fill(unreachable()), {
    seen: DIGEST.one,
  })
  expect(pauses).toStrictEqual([1, 2, 4, 8, 16, 16, 16, 16])
})

test.for([
  [0, 0.9],
  [1, 1.1],
])(
  'chance %d makes an interval %d times as long, also of a later one',
  async ([random, factor = 1]) => {
    const { pauses } = await polled([DIGEST.one, unreachable(), DIGEST.one], {
      random: random ?? 0,
      seen: DIGEST.one,
    })
    const expected = [factor, factor, 2 * factor]
    for (const [index, pause] of pauses.entries()) expect(pause).toBeCloseTo(expected[index] ?? 0)
  },
)

test('a registry that wants to be left alone for less than the interval is asked at the interval', async () => {
  const busy = new DeployError('registry_busy', 'slow down', { retryAfterMs: 1000 })
  const { pauses } = await polled([busy, DIGEST.one, DIGEST.one], { seen: DIGEST.one })
  expect(pauses).toStrictEqual([1, 2, 1])
})

test('a failure leaves what was seen before', async () => {
  const { seen } = await polled([unreachable()], { seen: DIGEST.one })
  expect(seen).toBe(DIGEST.one)
})

test('a registry that says when to come again is left alone until then', async () => {
  const busy = new DeployError('registry_busy', 'slow down', { retryAfterMs: 900_000 })
  const { pauses } = await polled([DIGEST.one, busy, DIGEST.one, DIGEST.one], { seen: DIGEST.one })
  expect(pauses).toStrictEqual([1, 1, 15, 1])
})

test('a config that is read again begins anew with its interval', async () => {
  const clock = createFakeClock()
  const asked: number[] = []
  const pauses: number[] = []
  const pollers = createPollers({
    resolve: async (_app, signal) => {
      asked.push(clock.ms())
      signal.throwIfAborted()
      return DIGEST.one
    },
    seen: () => DIGEST.one,
    see: () => {},
    isLive: () => true,
    deploy: () => {},
    // it goes on when it is told to
    clock: {
      ...clock,
      sleep: (ms, signal) => {
        pauses.push(ms)
        return new Promise((_, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      },
    },
    random: () => 0.5,
    report: () => {},
  })
  pollers.take([{ ...APP, pollMs: 3_600_000 }])
  pollers.take([{ ...APP, pollMs: 10_000 }])
  pollers.take([{ ...APP, pollMs: 0 }])
  await pollers.stop()
  expect(pauses).toStrictEqual([3_600_000, 10_000])
  expect(asked).toStrictEqual([])
})
