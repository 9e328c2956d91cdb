import type { Clock } from '../../../receiver/core/clock.ts'

/** A clock that jumps to the end of every sleep; `during` runs in each. */
export interface FakeClock extends Clock {
  during: (now: number) => void
}

export function createFakeClock(): FakeClock {
  let now = 0
  const clock: FakeClock = {
    during: () => {},
    now: () => new Date(Date.UTC(2026, 0, 1) + now).toISOString(),
    ms: () => now,
    since: (at) => Date.UTC(2026, 0, 1) + now - Date.parse(at),
    async sleep(ms, signal) {
      signal.throwIfAborted()
      now += ms
      clock.during(now)
      signal.throwIfAborted()
    },
  }
  return clock
}
