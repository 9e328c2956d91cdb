import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { previewApp } from '../../protocol/preview-name.ts'
import type { AppConfig, Config } from '../config/config.ts'
import type { StandingCertificate } from '../core/certificates/certificate.ts'
import { defined } from '../core/defined.ts'
import { ownersOf } from '../core/own-domains.ts'
import type { CertificateSource, WildcardSource } from '../core/site.ts'
import { readPair } from '../edges/certbot/pair.ts'
import {
  CERTBOT_DIRECTORY,
  certbotFiles,
  lineageFiles,
  lineageOf,
  type PairFiles,
  renewalFile,
  webrootOf,
} from '../edges/certbot/places.ts'
import { type ConfiguredReceiver, hasOwnSite } from '../edges/nginx/receiver-site.ts'
import { upFiles } from '../edges/slots.ts'
import type { ConfiguredTls } from '../edges/nginx/served-pair.ts'
import { previewsAtNginx } from './previews-at-nginx.ts'

/** A site whose visitors come over TLS. */
export interface TlsSite {
  /** The app, or `url.HOST` for the receiver's own site. */
  site: string
  names: readonly string[]
  source: CertificateSource
  /** It is a preview's own. */
  isPassing?: true
  /** Sites that have it, where it is no site's own. */
  shownAt?: readonly string[]
}

/** The site of an app: what it only shares is in its owner's certificate. `undefined` when there is no TLS of ours. */
function tlsSiteOf(app: AppConfig, { apps }: Pick<Config, 'apps'>): TlsSite | undefined {
  const { name, tls: source, domains, redirectFrom } = app
  if (source === undefined) return undefined
  const isPassing = isPreview(app) && source.kind === 'acme'
  const owners = ownersIn(apps)
  const own = domains.filter((domain) => owners.get(domain)?.name === name)
  const names = [...own, ...redirectFrom]
  if (names.length === 0) return undefined
  return { site: name, names, source, ...(isPassing ? { isPassing } : {}) }
}

const known = new WeakMap<Config['apps'], ReadonlyMap<string, AppConfig>>()

/** Whose each domain is: found out once for all apps of a config, of each of which it is asked. */
function ownersIn(apps: Config['apps']): ReadonlyMap<string, AppConfig> {
  const owners = known.get(apps) ?? ownersOf(Object.values(apps).filter(({ http }) => http))
  known.set(apps, owners)
  return owners
}

/** An app that came by a hook. */
export const isPreview = (app: AppConfig): boolean =>
  app.engine === 'docker' && app.isolated === true

/** Those that all previews of a domain have together: whoever has previews is to have it before the first one comes. */
function wildcardSites({ apps }: Pick<Config, 'apps'>): TlsSite[] {
  const all = Object.values(apps)
  const sources = all.flatMap(({ previews }) =>
    previews?.app.tls?.kind === 'wildcard' ? [previews.app.tls] : [],
  )
  const byDomain = new Map(sources.map((source) => [source.domain, source]))
  const byName = new Map(all.map((app) => [app.name, app]))
  return [...byDomain.values()].map((source) => {
    const standing = all.filter((app) => hasWildcard(app, source))
    const shared = all.filter((app) => sharesWildcard(app, source, byName))
    return {
      site: wildcardSite(source),
      names: [`*.${source.domain}`],
      source,
      // before the first preview comes Nginx is to have it as well
      shownAt:
        standing.length > 0
          ? standing.flatMap(({ domains }) => domains)
          : shared.map(({ name }) => `${name}--asks.${source.domain}`),
    }
  })
}

/** Whether the app has a site for all of its previews, which shows the certificate while none stands, too. */
const sharesWildcard = (
  app: AppConfig,
  { domain }: Pick<WildcardSource, 'domain'>,
  apps: ReadonlyMap<string, AppConfig>,
): boolean =>
  app.previews?.app.tls?.kind === 'wildcard' &&
  app.previews.domain === domain &&
  previewsAtNginx(app, { tls: undefined, apps })?.areApart !== true

const hasWildcard = ({ tls }: AppConfig, { domain }: Pick<WildcardSource, 'domain'>) =>
  tls?.kind === 'wildcard' && tls.domain === domain

/** As no app is called. */
const wildcardSite = ({ domain }: Pick<WildcardSource, 'domain'>): string => `previews.${domain}`

/** The apps that show the certificate of a site. */
export const showersOf = (site: string, apps: Iterable<AppConfig>): AppConfig[] =>
  [...apps].filter(
    ({ name, tls, previews }) =>
      name === site ||
      [tls, previews?.app.tls].some(
        (each) => each?.kind === 'wildcard' && wildcardSite(each) === site,
      ),
  )

/** The receiver's own: as soon as there is a CA to ask. */
function receiverTlsSite({ url, site, tls }: Config): TlsSite | undefined {
  if (site === undefined || tls === undefined || !url.startsWith('https:')) return undefined
  const { hostname } = new URL(url)
  return { site: `url.${hostname}`, names: [hostname], source: { kind: 'acme' } }
}

/** The page's, if it has a name of its own. */
function pageTlsSite({ url, site, page, tls }: Config): TlsSite | undefined {
  const domain = page?.domain
  if (site === undefined || tls === undefined) return undefined
  if (domain === undefined || domain === new URL(url).hostname) return undefined
  return { site: `page.${domain}`, names: [domain], source: { kind: 'acme' } }
}

/**
 * All certificates that sites of a config have. That of hooks comes first: without it nothing is deployed. Those of previews come last:
 * apps are not to wait for them.
 */
export function tlsSites(config: Config): TlsSite[] {
  const own = [receiverTlsSite(config), pageTlsSite(config)].filter((each) => isOurs(each, config))
  const apps = Object.values(config.apps).filter(
    ({ http, tls }) => http && tls?.kind !== 'wildcard',
  )
  const [passing, staying] = [apps.filter(isPreview), apps.filter((app) => !isPreview(app))]
  const siteOf = (app: AppConfig) => tlsSiteOf(app, config)
  return [...own, ...staying.map(siteOf), ...wildcardSites(config), ...passing.map(siteOf)].filter(
    (each) => each !== undefined,
  )
}

/** A site of the user's own has his own certificate. */
const isOurs = (own: TlsSite | undefined, { nginx, url }: Config): boolean =>
  own?.names.every((name) => hasOwnSite(nginx.directory, url, name)) === true

/** Where the certificate of a site lies, whether it is there or not. */
export const filesOf = (
  site: string,
  source: CertificateSource,
  { tls }: Pick<Config, 'tls'>,
): PairFiles =>
  source.kind === 'files'
    ? source
    : certbotFiles(source.kind === 'acme' ? site : wildcardSite(source), tls?.directory)

/** What Nginx is told of an app's TLS. */
export const siteTls = (app: AppConfig, config: Config): ConfiguredTls | undefined =>
  toldOf(tlsSiteOf(app, config), config)

/** What it is told of the TLS that all previews of an app have. */
export function previewsTls(
  { name, previews }: AppConfig,
  config: Pick<Config, 'tls' | 'data'>,
): ConfiguredTls | undefined {
  const source = previews?.app.tls
  if (previews === undefined || source === undefined) return undefined
  return toldOf({ site: `${name}--*`, names: [`*.${previews.domain}`], source }, config)
}

/** What it is told of the receiver itself. */
export function atNginx(config: Config): ConfiguredReceiver {
  const { url, listen, admin, site, page, accessLog, data } = config
  const hasTls =
    tlsSites(config).some((each) => toldOf(each, config)?.pair !== undefined) ||
    Object.values(config.apps).some((app) => havePairs(app, config))
  return {
    url,
    listen,
    ...defined({ site, tls: toldOf(receiverTlsSite(config), config) }),
    ...(page?.domain === undefined
      ? {}
      : {
          page: {
            domain: page.domain,
            listen: admin,
            ...defined({ tls: toldOf(pageTlsSite(config), config) }),
          },
        }),
    hasTls,
    up: upFiles(data),
    // its own port, by UDP: one number less to choose
    traffic: { port: listen.port, isWanted: accessLog },
  }
}

/** Whether previews of an app may have TLS, which come and go beside the config. */
function havePairs({ name, previews }: AppConfig, { tls }: Pick<Config, 'tls'>): boolean {
  const source = previews?.app.tls
  if (source?.kind === 'files') return existsSync(source.certificate)
  if (source?.kind !== 'acme') return false
  const begins = lineageOf(previewApp(name, ''))
  return listed(join(tls?.directory ?? CERTBOT_DIRECTORY, 'live')).some((each) =>
    each.startsWith(begins),
  )
}

/** By what lies on disk now. */
function toldOf(
  site: TlsSite | undefined,
  config: Pick<Config, 'tls' | 'data'>,
): ConfiguredTls | undefined {
  if (site === undefined) return undefined
  const { certificate, key } = filesOf(site.site, site.source, config)
  const files = { certificate, key }
  const webroot = site.source.kind === 'acme' ? { webroot: webrootOf(config.data) } : {}
  try {
    const pair = readPair(files)
    if (pair === undefined) {
      return {
        ...webroot,
        ...defined({ pair: site.source.kind === 'acme' ? lent(site, config)?.shown : undefined }),
      }
    }
    const isFit = Date.parse(pair.notAfter) > Date.now()
    return { ...webroot, pair: { ...files, covers: site.names.filter(pair.covers), isFit } }
  } catch {
    // what is wrong with it is said where certificates are looked at
    return { ...webroot, pair: { ...files, covers: [], isFit: false } }
  }
}

/**
 * Until a site has its own certificate, another one of Certbot's that is for names of it: they were another app's before, or had a site
 * of somebody's own, and who comes by TLS goes on doing so.
 */
function lent({ names }: Pick<TlsSite, 'names'>, config: Pick<Config, 'tls'>) {
  const { server, directory = CERTBOT_DIRECTORY } = config.tls ?? {}
  for (const lineage of listed(join(directory, 'live'))) {
    // one to try things out with is given to nobody who did not ask for it
    if (!PLAIN.test(lineage) || serverOf(lineage, config) !== server) continue
    const files = lineageFiles(lineage, directory)
    try {
      const pair = readPair(files)
      const covers = pair === undefined ? [] : names.filter(pair.covers)
      const isFit = pair !== undefined && Date.parse(pair.notAfter) > Date.now()
      if (isFit && covers.length > 0) return { shown: { ...files, covers, isFit }, lineage, pair }
    } catch {
      // it is no use to anybody
    }
  }
  return undefined
}

/** The certificate that a site has for as long as it has none of its own, if there is one, and what Certbot calls it. */
export function lentTo(
  site: string,
  config: Config,
): (StandingCertificate & { from: string }) | undefined {
  const wanted = tlsSites(config).find((each) => each.site === site)
  const found = wanted?.source.kind === 'acme' ? lent(wanted, config) : undefined
  return found === undefined ? undefined : { ...found.pair, from: found.lineage }
}

/** As it can stand in a file of Nginx. */
const PLAIN = /^[A-Za-z0-9._-]+$/

/** The CA that Certbot had a certificate from, by its notes. */
export function serverOf(lineage: string, { tls }: Pick<Config, 'tls'>): string | undefined {
  try {
    const notes = readFileSync(renewalFile(lineage, tls?.directory), 'utf8')
    return /^server = (\S{1,500})$/m.exec(notes)?.[1]
  } catch {
    return undefined
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
