import { setTimeout } from 'node:timers/promises'
import { MAX_DURATION_MS } from '../../protocol/duration.ts'
import type { Clock } from '../core/clock.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  ms: () => performance.now(),
  // a longer one would end at once
  timeout: (ms) => AbortSignal.timeout(Math.min(ms, MAX_DURATION_MS)),
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
