import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

/** Node makes 1 ms of what does not fit into 32 bits (nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  ms: () => performance.now(),
  since: (at) => Date.now() - Date.parse(at),
  async sleep(ms, signal) {
    try {
      let left = ms
      for (; left > LONGEST_TIMER_MS; left -= LONGEST_TIMER_MS) {
        await setTimeout(LONGEST_TIMER_MS, undefined, { signal })
      }
      await setTimeout(left, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
