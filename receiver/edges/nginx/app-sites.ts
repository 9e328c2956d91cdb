import { join } from 'node:path'
import { defined } from '../../core/defined.ts'
import { ownerOf, type Placed } from '../../core/own-domains.ts'
import type { AppPlace, SiteSettings } from '../../core/site.ts'
import type { Slot } from '../../core/slots/container.ts'
import type { AppUpstreams, SlotUpstreams } from '../../core/slots/ports.ts'
import { pathSegment } from '../path-segment.ts'
import type { Flags } from '../slots.ts'
import { filesOf, snippetsOf } from './app-files.ts'
import type { AskedSite } from './ask/ask.ts'
import { type ServerBlock, serverBlocksIn } from './ask/server-blocks.ts'
import { placesIn, placesOf } from './ask/visit.ts'
import { onDisk } from './change.ts'
import type { Features } from './features.ts'
import { readIfThere } from './files.ts'
import { sha256 } from './mark.ts'
import type { ConfiguredPreviews, PreviewLinks } from './preview-sites.ts'
import type { NginxSettings } from './program.ts'
import { inEachFile } from './render/listen.ts'
import { servedPathIn } from './render/served.ts'
import type { Site } from './render/site.ts'
import type { Up } from './render/up.ts'
import { type ConfiguredTls, servedPair } from './served-pair.ts'
import { blocksOf, longestFirst, sharersOf } from './sharing.ts'

/** Where the sites of apps are described. */
export interface AppSitesOptions {
  nginx: NginxSettings
  /** The app as it is configured now. */
  app(name: string): ConfiguredSite | undefined
  /** Those that have visitors, in the config's order; by default no two are known to share a domain. */
  apps?(): readonly string[]
  /** Where visitors find those of these that have domains: asked for each app, so it is to cost nothing. By default read from all of `app`. */
  placed?(): readonly Placed[]
  flags(app: string): Flags
  address(app: string, slot: Slot, replica: number): string
  /** By what load balancers are answered; by default they are not. */
  up?: Up
  /** How the previews of an app are found without a site each; absent: each has one. */
  previews?: PreviewLinks
  /** The network of the containers, as it really is; without it they have no names for each other's apps. */
  bridge?: Bridge
}

export interface Bridge {
  subnet: string
  /** This machine's address on it. */
  gateway: string
}

/** What the config, and the certificates on disk, say of an app's site. */
export interface ConfiguredSite extends Partial<AppPlace> {
  domains: readonly string[]
  pauses: boolean
  health?: { path?: string }
  site?: SiteSettings
  tls?: ConfiguredTls
  /** Other containers have no name for it. */
  isolated?: true
  /** Absent: it has none. */
  ofPreviews?: ConfiguredPreviews
  /** The app that it is a preview of. */
  previewOf?: string
}

/** Nowhere: it has no domains. */
const placeOf = (name: string, site: ConfiguredSite | undefined): Placed[] => {
  const { domains = [], paths = ['/'] } = site ?? {}
  return domains.length === 0 ? [] : [{ name, domains, paths }]
}

/** What is to be at Nginx of each app, by the config and by what lies on disk, and what is there. */
export function appSites({
  nginx,
  app: configured,
  apps: known = () => [],
  placed: allPlaced = () => known().flatMap((name) => placeOf(name, configured(name))),
  flags,
  address,
  up,
  bridge,
}: AppSitesOptions) {
  const snippets = snippetsOf(nginx.directory)
  const listenTls = inEachFile(nginx.listenTls ?? [])
  /** What was read last of each file, and by what that is known. */
  const parsed = new Map<string, { of: string; blocks: ServerBlock[] }>()

  /** The apps that an app has a domain with, itself included. */
  const sharers = (app: string): Placed[] => {
    const all = allPlaced()
    const found = sharersOf(app, all)
    if (found.length > 0) return found
    const own = placeOf(app, configured(app))
    return own.length === 0 ? [] : sharersOf(app, [...all, ...own])
  }

  /** Those that are another app's, which has no TLS: names that lead there must not lead to `https://`. */
  const ofPlainOwner = (domains: readonly string[], own: readonly string[]): string[] =>
    domains.filter((domain) => {
      const owner = own.includes(domain) ? undefined : ownerOf(domain, allPlaced())
      return owner !== undefined && configured(owner.name)?.tls === undefined
    })

  const siteOf = (
    app: string,
    upstreams: AppUpstreams,
    { others, features }: { others: ReadonlySet<string>; features: Features },
  ): Site => {
    const {
      domains = [],
      paths = ['/'],
      stripPrefix = false,
      redirectFrom = [],
      pauses = false,
      site,
      tls,
      health,
      isolated,
    }: Partial<ConfiguredSite> = configured(app) ?? {}
    const { maintenance, heard, straight, drained: _d, ...slotFlags } = flags(app)
    // one that comes later is included when its files are there
    const isThere = (each: string) =>
      others.has(each) ||
      filesOf(nginx.directory, each).every((file) => readIfThere(file) !== undefined)
    const blocks = blocksOf(app, {
      all: sharers(app).filter(({ name }) => name === app || isThere(name)),
      snippet: (each) => join(snippets, pathSegment(each)),
    })
    const strips = stripPrefix ? longestFirst(paths.filter((path) => path !== '/')) : []
    const own = blocks?.flatMap((block) => block.domains) ?? domains
    const names = [...own, ...redirectFrom, ...ofPlainOwner(domains.slice(0, 1), own)]
    const isPublished = 'published' in upstreams
    const servers = (slot: Slot, { [slot]: { replicas, port } }: SlotUpstreams) =>
      Array.from({ length: replicas }, (_, at) => `${address(app, slot, at + 1)}:${port}`)
    return {
      app,
      domains,
      listen: inEachFile(nginx.listen),
      upstreams: isPublished
        ? { blue: [], green: [] }
        : { blue: servers('blue', upstreams), green: servers('green', upstreams) },
      ...(isPublished ? { published: upstreams.published } : {}),
      flags: slotFlags,
      straight,
      heard,
      ...defined({ up }),
      pauses,
      ...(site ?? { trustedProxies: [] }),
      ...defined({ webroot: tls?.webroot, blocks }),
      ...servedPair(tls?.pair, {
        names,
        conf: filesOf(nginx.directory, app)[0],
        listen: listenTls,
      }),
      ...(nginx.proxyProtocol === true ? { proxyProtocol: true } : {}),
      ...(strips.length > 0 ? { strips } : {}),
      ...(redirectFrom.length > 0 ? { redirectFrom } : {}),
      features,
      ...(bridge === undefined || isolated === true ? {} : { containers: bridge.subnet }),
      maintenance: {
        flag: maintenance,
        ...(health?.path === undefined ? {} : { health: health.path }),
      },
    }
  }

  /** A site is asked for in each deployment, and its files seldom change. */
  const blocksIn = (file: string, text: string, included: Readonly<Record<string, string>>) => {
    const of = sha256(JSON.stringify([text, included]))
    const before = parsed.get(file)
    if (before?.of === of) return before.blocks
    // a copy: what is cut out of a text keeps all of that text in memory
    const blocks = structuredClone(serverBlocksIn(file, text, included))
    parsed.set(file, { of, blocks })
    return blocks
  }

  const siteOnDisk = (app: string): AskedSite => {
    const [conf, snippet] = filesOf(nginx.directory, app)
    const [text, included = ''] = onDisk(nginx, () => [conf, snippet].map(readIfThere))
    const path = servedPathIn(text ?? '') || servedPathIn(included)
    const { domains = [], paths = ['/'], redirectFrom = [], site } = configured(app) ?? {}
    // one that left the config is where its own file has it
    const isGone = configured(app) === undefined
    const written = (isGone ? [app] : sharers(app).map(({ name }) => name))
      .map((each) => filesOf(nginx.directory, each)[0])
      .flatMap((file) =>
        blocksIn(file, onDisk(nginx, () => readIfThere(file)) ?? '', { [snippet]: included }),
      )
      .filter(({ served }) => served.has(path))
    const names = [...domains, ...redirectFrom]
    return {
      app,
      path,
      conf,
      snippet,
      isTold: text !== undefined,
      domains: names,
      places: isGone
        ? placesIn(written, { app, path })
        : placesOf(
            names,
            written.length > 0 ? written : [{ names: [], listens: inEachFile(nginx.listen) }],
          ),
      at: paths.includes('/') ? '' : (paths[0] ?? ''),
      isBehindProxy: (site?.trustedProxies ?? []).length > 0 && nginx.proxyProtocol !== true,
    }
  }

  return { siteOf, siteOnDisk }
}
