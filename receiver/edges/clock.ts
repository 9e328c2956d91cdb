import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  ms: () => performance.now(),
  since: (at) => Date.now() - Date.parse(at),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
