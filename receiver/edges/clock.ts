import { setTimeout } from 'node:timers/promises'
import { MAX_DURATION_MS } from '../../protocol/duration.ts'
import type { Clock } from '../core/clock.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  ms: () => performance.now(),
  unixMs: () => Date.now(),
  // what is longer than a timer can wait would end at once
  timeout: (ms) =>
    ms > MAX_DURATION_MS ? new AbortController().signal : AbortSignal.timeout(Math.ceil(ms)),
  since: (at) => Date.now() - Date.parse(at),
  async sleep(ms, signal) {
    try {
      let left = ms
      for (; left > MAX_DURATION_MS; left -= MAX_DURATION_MS) {
        await setTimeout(MAX_DURATION_MS, undefined, { signal })
      }
      await setTimeout(left, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
