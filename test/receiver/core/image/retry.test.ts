import { expect, test } from 'vitest'
import { DeployError, type DeployErrorCode } from '../../../../receiver/core/errors.ts'
import { retryLater } from '../../../../receiver/core/image/retry.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

/** Asks something that fails in these ways, one after the other, and then answers. */
async function asked(failures: readonly Error[], signal = new AbortController().signal) {
  const clock = createFakeClock()
  const times: number[] = []
  const lines: string[] = []
  const ask = async () => {
    times.push(clock.ms())
    const failure = failures[times.length - 1]
    if (failure !== undefined) throw failure
    return 'an answer'
  }
  const said = (line: string) => void lines.push(line)
  const outcome = await retryLater(ask, { clock, said, signal }).catch((error: Error) => error)
  return { outcome, times, lines }
}

const away = new DeployError('registry_unreachable', 'it is away')
const busy = (retryAfterMs?: number) =>
  new DeployError('registry_busy', 'slow down', retryAfterMs === undefined ? {} : { retryAfterMs })

test('what goes well is asked once', async () => {
  expect(await asked([])).toStrictEqual({ outcome: 'an answer', times: [0], lines: [] })
})

test('a failure that passes is asked again after 1, 3 and 9 s, each time said', async () => {
  expect(await asked([away, busy(), away])).toStrictEqual({
    outcome: 'an answer',
    times: [0, 1000, 4000, 13_000],
    lines: ['it is away; again in 1 s', 'slow down; again in 3 s', 'it is away; again in 9 s'],
  })
})

test('the fourth failure is the end', async () => {
  const last = busy()
  const { outcome, times } = await asked([away, away, away, last])
  expect(outcome).toBe(last)
  expect(times).toHaveLength(4)
})

test.for<DeployErrorCode>([
  'registry_denied',
  'image_missing',
  'digest_mismatch',
  'pull_failed',
  'disk_full',
  'platform_missing',
  'engine_unreachable',
  'not_attested',
])('%s does not pass: it is asked once', async (code) => {
  const failure = new DeployError(code, '')
  expect(await asked([failure])).toMatchObject({ outcome: failure, times: [0] })
})

test('a failure that nobody foresaw is asked once', async () => {
  const failure = new Error('a defect')
  expect(await asked([failure])).toMatchObject({ outcome: failure, times: [0] })
})

test('a registry that says when is asked then, but not sooner than otherwise', async () => {
  expect((await asked([busy(20_000), busy(10)])).times).toStrictEqual([0, 20_000, 23_000])
})

test('it is waited for a minute, and no longer: then the deployment fails at once', async () => {
  expect((await asked([busy(60_000)])).times).toStrictEqual([0, 60_000])
  const long = busy(60_001)
  expect(await asked([long])).toStrictEqual({ outcome: long, times: [0], lines: [] })
})

test('a registry cannot make a deployment wait for longer by saying so again and again', async () => {
  const { times } = await asked(Array<Error>(9).fill(busy(60_000)))
  expect(times).toStrictEqual([0, 60_000, 120_000, 180_000])
})

test('a pause ends with the receiver', async () => {
  const stopping = new AbortController()
  const stopped = asked([away], stopping.signal)
  stopping.abort(new Error('the receiver stops'))
  expect((await stopped).outcome).toMatchObject({ message: 'the receiver stops' })
})
