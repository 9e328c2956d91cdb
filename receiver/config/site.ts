import ipaddr from 'ipaddr.js'
import { type Network, parseNetwork } from '../core/ip-address.ts'
import type { SiteSettings } from '../core/site.ts'
import type { Field, Reader } from './reader.ts'
import { boolean, number } from './values.ts'

/** A site's keys: of one app under `site`, of all of them under `nginx.site`. */
const KEYS = ['trusted_proxies', 'hsts', 'http3']

/** What holds where neither of them says anything. */
export const PLAIN_SITE: SiteSettings = { trustedProxies: [] }

/** Reads `site`; what it leaves out is as in `defaults`. */
export function readSite(
  reader: Reader,
  field: Field | undefined,
  defaults: SiteSettings,
): SiteSettings {
  const keys = reader.mapping(field, KEYS)
  const hsts = readHsts(reader, keys.get('hsts')) ?? defaults.hsts ?? ''
  const http3 = boolean(reader, keys.get('http3')) ?? defaults.http3 ?? false
  return {
    trustedProxies: readProxies(reader, keys.get('trusted_proxies')) ?? defaults.trustedProxies,
    ...(hsts === '' ? {} : { hsts }),
    ...(http3 ? { http3 } : {}),
  }
}

const YEAR_SECONDS = 365 * 24 * 60 * 60

/** The header's value (RFC 6797, section 6.1): a year by default. Empty when it is not to be sent, whatever holds for others. */
function readHsts(reader: Reader, field: Field | undefined): string | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  if (!reader.isMapping(field)) {
    const on = boolean(reader, field)
    return on === true ? `max-age=${YEAR_SECONDS}` : on === false ? '' : undefined
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
function readProxies(reader: Reader, field: Field | undefined): string[] | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
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
