import ipaddr from 'ipaddr.js'
import { defined } from '../core/defined.ts'
import { type Network, parseNetwork } from '../core/ip-address.ts'
import type { SiteSettings } from '../core/site.ts'
import type { Field, Reader } from './reader.ts'
import { readInclude, readPages, readPasswords } from './site-files.ts'
import { readHeaders } from './site-headers.ts'
import { readMaxBody, readRate, readTimeout } from './site-limits.ts'
import { boolean, matching, number } from './values.ts'

/** A site's keys: of one app under `site`, of all of them under `nginx.site`. */
const KEYS = [
  'trusted_proxies',
  'protocol',
  'max_body',
  'timeout',
  'gzip',
  'rate_limit',
  'headers',
  'basic_auth',
  'error_pages',
  'include',
  'hsts',
  'http3',
]

/** What holds where neither of them says anything. */
export const PLAIN_SITE: SiteSettings = { trustedProxies: [] }

/** Reads `site`; what it leaves out is as in `defaults`. */
export function readSite(
  reader: Reader,
  field: Field | undefined,
  defaults: SiteSettings,
): SiteSettings {
  const keys = reader.mapping(field, KEYS)
  /** What stands at the key, which may be that all is as by default. */
  const at = <T>(key: string, read: (reader: Reader, field: Field) => T, otherwise: T): T => {
    const each = keys.get(key)
    return each === undefined || reader.isNothing(each) ? otherwise : read(reader, each)
  }
  return {
    trustedProxies: at('trusted_proxies', readProxies, defaults.trustedProxies),
    ...defined({
      protocol: at('protocol', readProtocol, defaults.protocol),
      maxBody: at('max_body', readMaxBody, defaults.maxBody),
      timeoutMs: at('timeout', readTimeout, defaults.timeoutMs),
      gzip: at('gzip', readOn, defaults.gzip),
      rateLimit: at('rate_limit', readRate, defaults.rateLimit),
      headers: at(
        'headers',
        (_, each) => readHeaders(reader, each, defaults.headers),
        defaults.headers,
      ),
      basicAuth: at('basic_auth', readPasswords, defaults.basicAuth),
      errorPages: at(
        'error_pages',
        (_, each) => readPages(reader, each, defaults.errorPages),
        defaults.errorPages,
      ),
      include: at('include', readInclude, defaults.include),
      hsts: at('hsts', readHsts, defaults.hsts),
      http3: at('http3', readOn, defaults.http3),
    }),
  }
}

function readProtocol(reader: Reader, field: Field): 'grpc' | undefined {
  const text = matching(reader, field, /^(?:http|grpc)$/, 'http or grpc')
  return text === 'grpc' ? text : undefined
}

/** Nginx takes HTTP/2 where it is agreed on over TLS: from a port without it no client of gRPC would get an answer. */
export function warnOfProtocol(
  reader: Reader,
  app: Field,
  { site, names, tls }: { site: SiteSettings; names: readonly string[]; tls: unknown },
): void {
  if (site.protocol === undefined || names.length === 0 || tls !== undefined) return
  reader.warning(
    app,
    'site.protocol is grpc, and visitors come without TLS: Nginx speaks no HTTP/2 with them then, which gRPC needs',
    'say tls: { email: ops@example.com } at the top, or tls: { certificate: …, key: … } here',
  )
}

const readOn = (reader: Reader, field: Field): true | undefined =>
  boolean(reader, field) === true ? true : undefined

const YEAR_SECONDS = 365 * 24 * 60 * 60

/** The header's value (RFC 6797, section 6.1): a year by default. Nothing when it is not to be sent. */
function readHsts(reader: Reader, field: Field): string | undefined {
  if (!reader.isMapping(field)) {
    return boolean(reader, field) === true ? `max-age=${YEAR_SECONDS}` : undefined
  }
  const keys = reader.mapping(field, ['max_age', 'include_subdomains', 'preload'])
  const seconds = number(reader, keys.get('max_age'), { min: 0, max: 10 * YEAR_SECONDS })
  const subdomains = boolean(reader, keys.get('include_subdomains')) ?? false
  const preload = boolean(reader, keys.get('preload')) ?? false
  const at = keys.get('preload')
  if (preload && at !== undefined && (!subdomains || (seconds ?? YEAR_SECONDS) < YEAR_SECONDS)) {
    reader.problem(
      at,
      'browsers take no name into their lists with this',
      `preload goes with include_subdomains: true and a max_age of at least ${YEAR_SECONDS}`,
    )
  }
  const parts = [`max-age=${seconds ?? YEAR_SECONDS}`]
  if (subdomains) parts.push('includeSubDomains')
  if (preload) parts.push('preload')
  return parts.join('; ')
}

/** In the form in which Nginx has nothing to remark: by the first address, and none twice. */
function readProxies(reader: Reader, field: Field): readonly string[] {
  const networks = reader.list(field).flatMap((item) => {
    const text = reader.text(item)
    if (text === undefined) return []
    const network = parseNetwork(text)
    if (network !== undefined && network.bits > 0) return [asFirstAddress(network)]
    reader.problem(
      item,
      network === undefined
        ? `${JSON.stringify(text)} is not an address or network`
        : `${JSON.stringify(text)} is everybody: every visitor could say who he is and what he asked for`,
      'name the addresses that your own proxies have, like 10.0.0.5, 10.0.0.0/8 or fd00::/8',
    )
    return []
  })
  return [...new Set(networks)]
}

/** Nginx knows an IPv4 visitor by his IPv4 address, also where he came by an IPv6 socket. */
function asFirstAddress({ address, bits }: Network): string {
  if ('octets' in address) {
    return `${ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`
  }
  if (address.isIPv4MappedAddress() && bits >= 96) {
    return asFirstAddress({ address: address.toIPv4Address(), bits: bits - 96 })
  }
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`
}
