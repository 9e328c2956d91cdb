/** A URL or a path that more can be appended to, as in `${withoutTrailingSlash(base)}/path`; however many it ends with. */
export function withoutTrailingSlash(text: string): string {
  // by hand, because a pattern like /\/+$/ takes the square of the time for slashes in the middle
  let end = text.length
  while (text[end - 1] === '/') end -= 1
  return text.slice(0, end)
}
