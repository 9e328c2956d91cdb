import type { AppConfig, Config } from '../config/config.ts'
import { defined } from '../core/defined.ts'
import { ownDomains } from '../core/own-domains.ts'
import type { CertificateSource } from '../core/site.ts'
import { readPair } from '../edges/certbot/pair.ts'
import { certbotFiles, type PairFiles, webrootOf } from '../edges/certbot/places.ts'
import { type ConfiguredReceiver, hasOwnSite } from '../edges/nginx/receiver-site.ts'
import type { ConfiguredTls } from '../edges/nginx/served-pair.ts'

/** A site whose visitors come over TLS. */
export interface TlsSite {
  /** The app, or `url.HOST` for the receiver's own site. */
  site: string
  names: readonly string[]
  source: CertificateSource
}

/** The site of an app: what it only shares is in its owner's certificate. `undefined` when there is no TLS of ours. */
function tlsSiteOf(app: AppConfig, { apps }: Pick<Config, 'apps'>): TlsSite | undefined {
  const { name, tls: source, redirectFrom } = app
  const all = Object.values(apps).filter(({ http }) => http)
  const names = [...ownDomains(app, all), ...redirectFrom]
  return source === undefined || names.length === 0 ? undefined : { site: name, names, source }
}

/** The receiver's own: as soon as there is a CA to ask. */
function receiverTlsSite({ url, site, tls }: Config): TlsSite | undefined {
  if (site === undefined || tls === undefined || !url.startsWith('https:')) return undefined
  const { hostname } = new URL(url)
  return { site: `url.${hostname}`, names: [hostname], source: { kind: 'acme' } }
}

/** All sites of a config that have TLS of ours. */
export const tlsSites = (config: Config): TlsSite[] =>
  [
    ...Object.values(config.apps).map((app) => (app.http ? tlsSiteOf(app, config) : undefined)),
    // one of the user's own has his own certificate
    hasOwnSite(config.nginx.directory, config.url) ? receiverTlsSite(config) : undefined,
  ].filter((each) => each !== undefined)

/** Where the certificate of a site lies, whether it is there or not. */
export const filesOf = (
  site: string,
  source: CertificateSource,
  { tls }: Pick<Config, 'tls'>,
): PairFiles => (source.kind === 'files' ? source : certbotFiles(site, tls?.directory))

/** What Nginx is told of an app's TLS. */
export const siteTls = (app: AppConfig, config: Config): ConfiguredTls | undefined =>
  toldOf(tlsSiteOf(app, config), config)

/** What it is told of the receiver itself. */
export function atNginx(config: Config): ConfiguredReceiver {
  const { url, listen, site } = config
  const hasTls = tlsSites(config).some((each) => toldOf(each, config)?.pair !== undefined)
  return {
    url,
    listen,
    ...defined({ site, tls: toldOf(receiverTlsSite(config), config) }),
    hasTls,
  }
}

/** By what lies on disk now. */
function toldOf(site: TlsSite | undefined, config: Config): ConfiguredTls | undefined {
  if (site === undefined) return undefined
  const { certificate, key } = filesOf(site.site, site.source, config)
  const files = { certificate, key }
  const webroot = site.source.kind === 'acme' ? { webroot: webrootOf(config.data) } : {}
  try {
    const pair = readPair(files)
    if (pair === undefined) return webroot
    const isFit = Date.parse(pair.notAfter) > Date.now()
    return { ...webroot, pair: { ...files, covers: site.names.filter(pair.covers), isFit } }
  } catch {
    // what is wrong with it is said where certificates are looked at
    return { ...webroot, pair: { ...files, covers: [], isFit: false } }
  }
}
