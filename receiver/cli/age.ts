import { showAge } from '../../protocol/duration.ts'

/** How long something is ago, as a column of a table has it: `3 h`. */
export const ageOf = (at: string | undefined, now = Date.now()): string =>
  at === undefined ? '-' : showAge(now - Date.parse(at))

/** The same in a sentence: `3 h ago`. */
export const ago = (at: string, now?: number): string => `${ageOf(at, now)} ago`

/** How far off something is: `in 6 d`; `now` when that is over. */
export const fromNow = (at: string, now = Date.now()): string =>
  Date.parse(at) <= now ? 'now' : `in ${showAge(Date.parse(at) - now)}`
