/**
 * At most so many characters of somebody else's text. The `…` says that there was more, also to whoever takes secrets out
 * of it later: the beginning of one may be what it ends with.
 */
export const shorten = (text: string, mostCharacters: number): string =>
  text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`
