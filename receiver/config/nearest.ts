import { closestMatch } from 'leven'

/** The candidate that a mistyped word most likely stands for, if one is near enough. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined =>
  closestMatch(word.toLowerCase(), candidates, { maxDistance: mostMistakes(word) })

/** Letters that are missing, too many or others. Two that changed places are two mistakes, which a word of four can have. */
const mostMistakes = ({ length }: string): number =>
  Math.max(length < 4 ? 1 : 2, Math.floor(length / 3))
