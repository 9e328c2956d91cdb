import { shorten } from '../shorten.ts'

const SHOWN_CHARACTERS = 200

/** What a container that was asked how it is comes to. */
export interface Answer {
  healthy: boolean
  text: string
  /** Good answers in a row that suffice. */
  enough: number
  /** What to do about it, if it stays the last one. */
  hint?: string
}

/** The beginning of what it said. */
export const shown = (text: string): string => shorten(text, SHOWN_CHARACTERS)
