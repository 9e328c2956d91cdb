import { ownDomains, type Placed } from '../../core/own-domains.ts'
import type { Block } from './render/site.ts'

/**
 * The server blocks in an app's file: one for each group of its own domains which the same apps serve; these are in them as well.
 * `undefined` when that is what every app has: one, with all its domains and it alone.
 */
export function blocksOf(
  name: string,
  { all, snippet }: { all: readonly Placed[]; snippet(app: string): string },
): Block[] | undefined {
  const app = all.find((each) => each.name === name)
  if (app === undefined) return undefined
  const groups = new Map<string, { domains: string[]; sharers: readonly Placed[] }>()
  for (const domain of ownDomains(app, all)) {
    const sharers = all.filter(({ domains }) => domains.includes(domain))
    const key = sharers.map((each) => each.name).join(' ')
    const group = groups.get(key) ?? { domains: [], sharers }
    group.domains.push(domain)
    groups.set(key, group)
  }
  const isAlone = groups.size === 1 && groups.has(name)
  if (isAlone && app.paths.join(' ') === '/') return undefined
  return [...groups.values()].map(({ domains, sharers }) => ({
    domains,
    places: sharers
      .flatMap((each) => each.paths.map((path) => ({ path, snippet: snippet(each.name) })))
      .toSorted((a, b) => b.path.length - a.path.length),
  }))
}

export const longestFirst = (paths: readonly string[]): string[] =>
  paths.toSorted((a, b) => b.length - a.length)

/** The apps that an app has a domain with, itself included. */
export const sharersOf = (name: string, all: readonly Placed[]): Placed[] => {
  const domains = new Set(all.find((each) => each.name === name)?.domains)
  return all.filter((each) => each.name === name || each.domains.some((one) => domains.has(one)))
}
