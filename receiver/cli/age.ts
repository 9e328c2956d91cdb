const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** How long something is ago, in its largest unit, as a column of a table has it: `3 h`. */
export function ageOf(at: string | undefined, now = Date.now()): string {
  if (at === undefined) return '-'
  // another clock may have written it
  const ms = Math.max(0, now - Date.parse(at))
  const [unit, size] = UNITS.find(([, each]) => ms >= each) ?? ['s', 1000]
  return `${Math.floor(ms / size)} ${unit}`
}

/** The same in a sentence: `3 h ago`. */
export const ago = (at: string, now?: number): string => `${ageOf(at, now)} ago`
