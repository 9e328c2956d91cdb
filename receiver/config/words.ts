/** Splits a command as a shell would, without expanding anything: blanks, quotes, backslashes. */
export function splitWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== '') {
      if (character === quote) quote = ''
      else if (character === '\\' && quote === '"' && /["\\$`]/.test(text[at + 1] ?? '')) {
        word = (word ?? '') + text[++at]
      } else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (character === '\\' && at + 1 < text.length) {
      word = (word ?? '') + text[++at]
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== '') throw new Error(`a ${quote} is not closed`)
  return word === undefined ? words : [...words, word]
}
