/**
 * Without what a terminal would act on: nothing in it moves the cursor, turns the reading direction or breaks the line. Each
 * such character stands as its code, also one that joins emoji: terminals do not agree on how wide that is.
 */
export const printable = (text: string): string =>
  text.replace(
    ACTED_ON,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

/** The same for a text of several lines, which stay apart. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** JSON on one line that a terminal may show: such characters stand only in strings, where JSON has them as escapes, too. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(ACTED_ON, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )

const ACTED_ON = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu
