import type { Clock } from '../../../receiver/core/clock.ts'

/** A clock that jumps to the end of every sleep; `during` runs in each. */
export interface FakeClock extends Clock {
  during: (now: number) => void
}

export function createFakeClock(): FakeClock {
  let now = 0
  let timeouts: { at: number; end: AbortController }[] = []
  const clock: FakeClock = {
    during: () => {},
    now: () => new Date(Date.UTC(2026, 0, 1) + now).toISOString(),
    ms: () => now,
    unixMs: () => Date.UTC(2026, 0, 1) + now,
    since: (at) => Date.UTC(2026, 0, 1) + now - Date.parse(at),
    timeout(ms) {
      const end = new AbortController()
      timeouts.push({ at: now + ms, end })
      return end.signal
    },
    async sleep(ms, signal) {
      signal.throwIfAborted()
      now += ms
      clock.during(now)
      const due = timeouts.filter(({ at }) => at <= now)
      timeouts = timeouts.filter(({ at }) => at > now)
      for (const { end } of due) end.abort(new Error('it is late'))
      signal.throwIfAborted()
    },
  }
  return clock
}
