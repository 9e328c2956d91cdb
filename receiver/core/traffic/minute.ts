import type { Answers } from './answers.ts'

const SLICE_MS = 5000
const SLICES = 12
/** Four to each doubling, from a tenth of a millisecond on: what is said of one is true to a tenth of it. */
const PER_DOUBLING = 4
const SHORTEST_SECONDS = 0.0001
const DURATIONS = 25 * PER_DOUBLING

interface Slice extends Answers {
  /** Number of its five seconds since the epoch. */
  of: number
  durations: Uint32Array
}

/** The requests of the last minute, in slices that are used again. */
export function createMinute(nowMs: () => number) {
  const slices = Array.from({ length: SLICES }, () => emptySlice(-1))
  const present = () => Math.floor(nowMs() / SLICE_MS)

  return {
    take(status: number, seconds: number | undefined): void {
      const now = present()
      let slice = slices[now % SLICES] as Slice
      if (slice.of !== now) slice = slices[now % SLICES] = emptySlice(now)
      slice.requests += 1
      if (status >= 500) slice.serverErrors += 1
      else if (status >= 400) slice.clientErrors += 1
      if (seconds === undefined) return
      const at = durationAt(seconds)
      slice.durations[at] = (slice.durations[at] ?? 0) + 1
    },

    now(): Answers & { p50?: number; p95?: number } {
      const now = present()
      const recent = slices.filter((each) => each.of > now - SLICES && each.of <= now)
      const sum = (of: (slice: Slice) => number) => recent.reduce((all, each) => all + of(each), 0)
      const durations = Array.from({ length: DURATIONS }, (_, at) =>
        sum((slice) => slice.durations[at] ?? 0),
      )
      const [p50, p95] = [quantile(durations, 0.5), quantile(durations, 0.95)]
      return {
        requests: sum((slice) => slice.requests),
        clientErrors: sum((slice) => slice.clientErrors),
        serverErrors: sum((slice) => slice.serverErrors),
        ...(p50 === undefined || p95 === undefined ? {} : { p50, p95 }),
      }
    },
  }
}

const emptySlice = (of: number): Slice => ({
  of,
  requests: 0,
  clientErrors: 0,
  serverErrors: 0,
  durations: new Uint32Array(DURATIONS),
})

function durationAt(seconds: number): number {
  const doublings = Math.log2(Math.max(seconds, SHORTEST_SECONDS) / SHORTEST_SECONDS)
  return Math.min(Math.floor(doublings * PER_DOUBLING), DURATIONS - 1)
}

/** The middle of the durations that the one at this share of all is among. */
function quantile(durations: readonly number[], share: number): number | undefined {
  const all = durations.reduce((sum, each) => sum + each, 0)
  if (all === 0) return undefined
  let before = 0
  const at = durations.findIndex((each) => (before += each) >= all * share)
  return SHORTEST_SECONDS * 2 ** ((at + 0.5) / PER_DOUBLING)
}
