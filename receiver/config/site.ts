import ipaddr from 'ipaddr.js'
import { type Network, parseNetwork } from '../core/ip-address.ts'
import type { SiteSettings } from '../core/site.ts'
import type { Field, Reader } from './reader.ts'

/** A site's keys: of one app under `site`, of all of them under `nginx.site`. */
const KEYS = ['trusted_proxies']

/** What holds where neither of them says anything. */
export const PLAIN_SITE: SiteSettings = { trustedProxies: [] }

/** Reads `site`; what it leaves out is as in `defaults`. */
export function readSite(
  reader: Reader,
  field: Field | undefined,
  defaults: SiteSettings,
): SiteSettings {
  const keys = reader.mapping(field, KEYS)
  return {
    trustedProxies: readProxies(reader, keys.get('trusted_proxies')) ?? defaults.trustedProxies,
  }
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
