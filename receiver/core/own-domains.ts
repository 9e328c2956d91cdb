import type { AppPlace } from './site.ts'

/** An app's name, and where visitors find it. */
export interface Placed extends Pick<AppPlace, 'domains' | 'paths'> {
  name: string
}

/** The one of the apps at a domain whose site it is, its certificate too: the one at `/`, or else the first. */
export const ownerOf = <App extends Placed>(
  domain: string,
  all: readonly App[],
): App | undefined => {
  const there = all.filter(({ domains }) => domains.includes(domain))
  return there.find(({ paths }) => paths.includes('/')) ?? there[0]
}

/** The same of every domain that they have, for whoever asks for many. */
export function ownersOf<App extends Placed>(all: readonly App[]): ReadonlyMap<string, App> {
  const owners = new Map<string, App>()
  for (const app of all) {
    for (const domain of app.domains) {
      const before = owners.get(domain)
      const isAtRoot = before?.paths.includes('/') === false && app.paths.includes('/')
      if (before === undefined || isAtRoot) owners.set(domain, app)
    }
  }
  return owners
}

/** Those domains of an app that are its own, and not only shared with their owner. */
export const ownDomains = (app: Placed, all: readonly Placed[]): string[] =>
  app.domains.filter((domain) => ownerOf(domain, all)?.name === app.name)
