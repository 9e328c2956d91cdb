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

/** The apps that an app has a domain with, itself included; none of one that is not among them. */
export function sharersOf(name: string, all: readonly Placed[]): Placed[] {
  const { byName, byDomain } = indexOf(all)
  const app = byName.get(name)
  if (app === undefined) return []
  const there = new Set([app, ...app.domains.flatMap((domain) => byDomain.get(domain) ?? [])])
  return there.size === 1 ? [app] : all.filter((each) => there.has(each))
}

interface Index {
  byName: ReadonlyMap<string, Placed>
  byDomain: ReadonlyMap<string, readonly Placed[]>
}
const indexes = new WeakMap<readonly Placed[], Index>()

/** Made once of a list: each app is looked for in it. */
function indexOf(all: readonly Placed[]): Index {
  const known = indexes.get(all)
  if (known !== undefined) return known
  const places = all.flatMap((app) => app.domains.map((domain) => ({ app, domain })))
  const index = {
    byName: new Map(all.map((app) => [app.name, app])),
    byDomain: new Map(
      [...Map.groupBy(places, ({ domain }) => domain)].map(([domain, each]) => [
        domain,
        each.map(({ app }) => app),
      ]),
    ),
  }
  indexes.set(all, index)
  return index
}
