import { expect, test } from 'vitest'
import { poll, type PollPorts } from '../../../receiver/core/poll.ts'
import { APP, createFakeClock, DIGEST, unreachable } from '../../support/fake-world.ts'

const app = { ...APP, pollMs: 60_000 }

/** Polls that many times; `answers` gives what the registry says each time. */
async function polled(
  answers: (string | Error)[],
  { live = true, seen }: { live?: boolean; seen?: string } = {},
) {
  const clock = createFakeClock()
  const stop = new AbortController()
  const deployed: string[] = []
  const asked: number[] = []
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
    random: () => 0.5,
    report: () => {},
  }
  await poll(() => app, ports, stop.signal).catch(() => {})
  return { deployed, asked, seen: last }
}

test('a tag that moves is deployed, once', async () => {
  const { deployed } = await polled([DIGEST.one, DIGEST.two, DIGEST.two, DIGEST.three], {
    seen: DIGEST.one,
  })
  expect(deployed).toEqual([DIGEST.two, DIGEST.three])
})

test('what runs when polling is turned on stays, unless nothing runs', async () => {
  expect((await polled([DIGEST.one, DIGEST.one])).deployed).toEqual([])
  expect((await polled([DIGEST.one, DIGEST.one], { live: false })).deployed).toEqual([DIGEST.one])
})

test('the registry is asked at the interval, ever later while it does not answer, and soon again', async () => {
  const away = unreachable()
  const { asked } = await polled([DIGEST.one, away, away, DIGEST.one, DIGEST.one], {
    seen: DIGEST.one,
  })
  const pauses = asked.map((at, index) => (at - (asked[index - 1] ?? 0)) / 60_000)
  expect(pauses).toEqual([1, 1, 2, 4, 1])
})
