import { expect, test } from 'vitest'
import { systemClock } from '../../../receiver/edges/clock.ts'

test.each([2 ** 31, 2 ** 40])('a sleep of %d ms lasts until it is ended', async (ms) => {
  const stop = new AbortController()
  const slept = systemClock.sleep(ms, stop.signal)
  // were it short, it would be over by now
  await systemClock.sleep(100, new AbortController().signal)
  stop.abort(new Error('woken'))
  await expect(slept).rejects.toThrow('woken')
})

test('a sleep that is ended before it begins does not begin', async () => {
  const ended = AbortSignal.abort(new Error('the receiver stops'))
  await expect(systemClock.sleep(1, ended)).rejects.toThrow('the receiver stops')
})

test('a sleep ends by itself', async () => {
  await systemClock.sleep(1, new AbortController().signal)
})

test('a timeout aborts, and one of months does not do so at once', async () => {
  const [short, long] = [systemClock.timeout(0.5), systemClock.timeout(2 ** 31)]
  await expect.poll(() => short.aborted).toBe(true)
  // were it short, it would be over by now
  await systemClock.sleep(100, new AbortController().signal)
  expect(long.aborted).toBe(false)
})
