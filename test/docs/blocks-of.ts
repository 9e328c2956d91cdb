/** The blocks of code of a page, or of a part of it, that are in this language. */
export const blocksOf = (text: string, language: string): string[] =>
  text
    .split(`\n\`\`\`${language}\n`)
    .slice(1)
    .map((each) => each.split('\n```', 1)[0] ?? '')
