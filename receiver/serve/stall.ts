/** What the watchdog sees of the main thread. */
export interface Sight {
  /** How often it has beaten, since its start. */
  beats: number
  /** Monotonic milliseconds. */
  nowMs: number
  /** How long it was ready to run and had no CPU, since its start. */
  starvedMs: number
}

/**
 * Measures for how long the main thread stands still. Only time counts in which it could have beaten: not when it waits for a
 * CPU on a machine that is busy, nor when the whole process or machine sleeps, for then the watchdog sleeps, too.
 */
export function createStall(lookMs: number): (sight: Sight) => number {
  let before: Sight | undefined
  let stalledMs = 0
  return (sight) => {
    if (before?.beats === sight.beats) {
      const passed = Math.min(sight.nowMs - before.nowMs, 2 * lookMs)
      stalledMs += Math.max(0, passed - (sight.starvedMs - before.starvedMs))
    } else {
      stalledMs = 0
    }
    before = sight
    return stalledMs
  }
}

/** Reads `/proc/<pid>/schedstat`: nanoseconds on a CPU, nanoseconds ready without one, and how often. */
export function starvedMsOf(schedstat: string): number {
  const ns = Number(schedstat.trim().split(' ')[1])
  return Number.isFinite(ns) ? ns / 1e6 : 0
}
