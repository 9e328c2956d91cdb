const UNITS_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Longest time that a timer can wait, almost 25 days: a longer one would end at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1

/**
 * Milliseconds, also parts of one, of a duration as Docker and Compose write it: `10s`, `1m30s`, `500ms`, `1.5h`, or `0`;
 * `undefined` for anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS]
  }
  return sum
}

const LARGE_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** How long something is ago, in its largest unit, as a column of a table has it: `3 h`. */
export function showAge(ms: number): string {
  // another clock may have written when it was
  const [unit, size] = LARGE_UNITS.find(([, each]) => ms >= each) ?? ['s', 1000]
  return `${Math.floor(Math.max(0, ms) / size)} ${unit}`
}

/** A span for people: `812 ms`, `4.1 s`, `2 min 5 s`. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const rest = seconds % 60
  return rest === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${rest} s`
}
