import { createRequire } from 'node:module'
import type { Diagnostics } from 'recheck'

// the pure JavaScript of recheck: its main module starts Java or a program of its own when there is one
const { checkSync } = createRequire(import.meta.url)('recheck/lib/browser.js') as {
  checkSync: typeof import('recheck').checkSync
}

/** How the work of a regular expression grows with the text that it is given. */
export interface Growth {
  /** `proven`: linear for every text. `searched`: none was found for which it is not. */
  verdict: 'proven' | 'searched' | 'vulnerable'
  /** A text that shows it, as JavaScript. */
  attack?: string
  /** `2nd degree polynomial`, `exponential`. */
  degree?: string
}

/** Limits are counts alone, and chance has a seed: the verdict is the same on a busy machine. */
const LIMITS = {
  timeout: null,
  attackTimeout: null,
  incubationTimeout: null,
  // steps, for texts of at most 300,000 characters: 333 for each is still called linear
  attackLimit: 100_000_000,
  randomSeed: 0,
} as const
/** Larger automata take minutes; these are searched. */
const STATES = 4000

/**
 * What recheck finds for it. How often a bounded repetition repeats makes an automaton huge and changes a factor, not
 * the growth: the growth is shown with short ones, and the pattern as it stands is searched for a factor that hurts.
 */
export function growthOf({ source, flags }: { source: string; flags: string }): Growth {
  const shortened = withShortRepeats(source)
  const folded = flags.includes('i')
    ? { source: inLowerCase(shortened), flags: flags.replace('i', '') }
    : { source: shortened, flags }
  const shown = read(
    checkSync(folded.source, folded.flags, { ...LIMITS, maxNFASize: STATES, maxIteration: 3 }),
  )
  if (shown.verdict === 'vulnerable' || shortened === source) return shown
  const searched = read(checkSync(source, flags, { ...LIMITS, checker: 'fuzz' }))
  return searched.verdict === 'vulnerable' ? searched : shown
}

function read(found: Diagnostics): Growth {
  switch (found.status) {
    case 'safe':
      return { verdict: found.checker === 'automaton' ? 'proven' : 'searched' }
    case 'vulnerable':
      return {
        verdict: 'vulnerable',
        attack: found.attack.pattern,
        degree: found.complexity.summary,
      }
    case 'unknown':
      throw new Error(`recheck cannot tell of /${found.source}/: ${found.error.kind}`)
  }
}

/** An escape, a class of characters, or the counts of a repetition. */
const PARTS = /\\u\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}/g

/** `{40}` as `{3}`, `{16,}` as `{3,}`, `{0,127}` as `{0,3}`. */
const withShortRepeats = (source: string) =>
  source.replace(PARTS, (part, least?: string, comma?: string, most?: string) => {
    if (least === undefined) return part
    if (comma === '') return `{${short(least, 3)}}`
    if (most === '') return `{${short(least, 3)},}`
    return least === most ? `{${short(least, 3)}}` : `{${short(least, 2)},${short(most ?? '', 3)}}`
  })
const short = (count: string, most: number) => Math.min(Number(count), most)

/** A pattern that passes over the case meets a text as its lower case meets the text's: that has half the letters. */
const inLowerCase = (source: string) =>
  source.replace(/\\u\{[^}]*\}|\\.|[A-Z]/g, (part) => (part.length > 1 ? part : part.toLowerCase()))
