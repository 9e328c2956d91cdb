/** What is tried in weeks, by whoever has one signature. Of a generator's 24 bytes there are 192. */
const ENOUGH_BITS = 56
/** Of a word that a person thinks of: a list of 8,192 of them. Longer runs of letters are several words. */
const WORD_BITS = 13
const WORD_LETTERS = 6
/** Of a letter in a short word. */
const SHORT_WORD_LETTER_BITS = 2.6
/** What stands in examples, and is typed where a secret is asked for. */
const FIRST_TRIED = new Set(
  'a admin api app change default demo deploy dummy example for hook key letmein login me my of pass password prod production qwerty qwertyuiop replace root secret staging super test the this to token user web webhook your'.split(
    ' ',
  ),
)
const FIRST_TRIED_BITS = 3

/**
 * Whether a secret has less in it than its length says: one character over and over, a pattern that comes again, a row of the
 * alphabet, or words. An estimate: what a generator made is far from the limit.
 */
export const isGuessable = (secret: string): boolean => bitsOf(onceOf(secret)) < ENOUGH_BITS

/** The shortest beginning that makes the whole when it is repeated. */
function onceOf(text: string): string {
  // a text that is a repetition stands in its own double, elsewhere than at the ends
  const period = (text + text).indexOf(text, 1)
  return text.slice(0, period)
}

function bitsOf(text: string): number {
  const symbolBits = Math.log2(new Set(text).size)
  // what comes again says nothing new
  const parts = new Set(text.match(/[a-z]+|[A-Z][a-z]+|[A-Z]+|[^A-Za-z]+/g))
  return [...parts].reduce((bits, part) => {
    if (FIRST_TRIED.has(part.toLowerCase())) return bits + FIRST_TRIED_BITS
    if (/^[A-Za-z]{2,3}$/.test(part)) return bits + part.length * SHORT_WORD_LETTER_BITS
    const most = surprises(part) * symbolBits
    return bits + (isWord(part) ? Math.min(wordBits(part), most) : most)
  }, 0)
}

const wordBits = ({ length }: string) => WORD_BITS * Math.max(1, length / WORD_LETTERS)

/** Words have vowels, and not too many other letters between two of them. */
function isWord(part: string): boolean {
  const vowels = part.match(/[aeiouy]/gi)?.length ?? 0
  return /^[A-Za-z]{4}/.test(part) && vowels / part.length >= 0.25 && !/[^aeiouy]{4}/i.test(part)
}

/** How many characters do not follow from the two before: of `12345`, `aaaa` and `7531` the first two. */
function surprises(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1)
    if (step !== text.charCodeAt(at - 1) - text.charCodeAt(at - 2)) count += 1
  }
  return count
}
