import leven from 'leven'

/** The candidate that a mistyped word most likely stands for, if one is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 3))
  let best: { candidate: string; mistakes: number } | undefined
  for (const candidate of candidates) {
    const mistakes = mistakesIn(word.toLowerCase(), candidate)
    if (mistakes <= most && (best === undefined || mistakes < best.mistakes)) {
      best = { candidate, mistakes }
    }
  }
  return best?.candidate
}

/** A hint that asks for the nearest of what is known, and says something else when none is near. */
export function didYouMean(word: string, known: readonly string[], otherwise: string): string {
  const near = nearest(word, known)
  return near === undefined ? otherwise : `did you mean ${JSON.stringify(near)}?`
}

const SHOWN = 3

/** The few candidates that have most in common with a word, which is near to none of them. */
export const nearestFew = (word: string, candidates: readonly string[]): string[] =>
  candidates
    .map((candidate) => {
      const small = word.toLowerCase()
      return { candidate, shared: longestShared(small, candidate), wrong: leven(small, candidate) }
    })
    .toSorted((one, other) => other.shared - one.shared || one.wrong - other.wrong)
    .slice(0, SHOWN)
    .map(({ candidate }) => candidate)

/** Letters in a row that both have. */
function longestShared(word: string, other: string): number {
  let longest = 0
  for (let from = 0; from < word.length; from++) {
    while (from + longest < word.length && other.includes(word.slice(from, from + longest + 1))) {
      longest += 1
    }
  }
  return longest
}

/** Letters that are missing, too many or others; two neighbours that changed places are one mistake. */
const mistakesIn = (word: string, right: string): number =>
  Math.min(leven(word, right), ...swapsOf(word).map((swapped) => 1 + leven(swapped, right)))

const swapsOf = (word: string): string[] =>
  Array.from(
    { length: Math.max(0, word.length - 1) },
    (_, at) => `${word.slice(0, at)}${word[at + 1] ?? ''}${word[at] ?? ''}${word.slice(at + 2)}`,
  )
