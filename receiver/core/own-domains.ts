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

/** Those domains of an app that are its own, and not only shared with their owner. */
export const ownDomains = (app: Placed, all: readonly Placed[]): string[] =>
  app.domains.filter((domain) => ownerOf(domain, all)?.name === app.name)
