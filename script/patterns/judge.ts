import type { Exception } from './exceptions.ts'
import type { Pattern } from './find.ts'
import type { Growth } from './growth.ts'

/** What is wrong with these patterns, each with its place; `growthOf` is asked for those that can be read. */
export function judge(
  patterns: readonly Pattern[],
  growthOf: (regex: { source: string; flags: string }) => Growth,
  exceptions: readonly Exception[],
): string[] {
  const needed = new Set<Exception>()
  const faults = patterns.flatMap(({ file, line, text, regex }) => {
    const growth = regex && growthOf(regex)
    if (growth !== undefined && growth.verdict !== 'vulnerable') return []
    const exception = exceptions.find((each) => each.file === file && each.text === text)
    if (exception !== undefined) {
      needed.add(exception)
      return []
    }
    return growth === undefined
      ? `${file}:${line}: ${text} cannot be read: build it of constants, or say in script/patterns/exceptions.ts why it is harmless`
      : `${file}:${line}: ${text} takes time of ${growth.degree} for ${growth.attack}`
  })
  const idle = exceptions
    .filter((each) => !needed.has(each))
    .map(
      ({ file, text }) =>
        `${file}: ${text} needs no exception any more: take it out of script/patterns/exceptions.ts`,
    )
  return [...faults, ...idle]
}
