import ipaddr from 'ipaddr.js'
import {
  asIpv6,
  type IpAddress,
  isInside,
  parseAddress,
  parseNetwork,
} from '../../core/ip-address.ts'

/** Says whether an address is that of a configured proxy. */
export type IsProxy = (address: string | IpAddress) => boolean

/** An IPv6 address has 45 characters at most; a zone is cut off before. */
const MAX_CHARACTERS = 45

/** Reads addresses and networks (`127.0.0.0/8`, `::1`), which the config has checked. */
export function proxies(networks: readonly string[]): IsProxy {
  const ranges = networks.flatMap((network) => parseNetwork(network) ?? []).map(asIpv6)
  const isOne = (address: IpAddress | undefined) =>
    address !== undefined && isInside(address, ranges)
  // behind Nginx every connection comes from the same one
  let last = { text: '', isOne: false }
  return (given) => {
    if (typeof given !== 'string') return isOne(given)
    if (given !== last.text) last = { text: given, isOne: isOne(parse(given)) }
    return last.isOne
  }
}

/**
 * The address that a request came from: that of the connection, and when a configured proxy made it, the one which that
 * proxy wrote last into `X-Forwarded-For`, and so on to the left. What stands further left, a client may have written.
 * In one spelling, or `unknown`.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  isProxy: IsProxy,
): string {
  const entries = (forwardedFor ?? '').split(',')
  let address: IpAddress | undefined
  let isOfProxy = isProxy(peer ?? '')
  while (isOfProxy) {
    const entry = parse(bare(entries.pop() ?? ''))
    if (entry === undefined) break
    address = entry
    isOfProxy = isProxy(entry)
  }
  return (address ?? parse(peer ?? ''))?.toString() ?? 'unknown'
}

/** What one customer has: an IPv4 address, or the /64 of an IPv6 one. */
export function subscriber(address: string): string {
  const parsed = address.includes(':') ? parse(address) : undefined
  if (!(parsed instanceof ipaddr.IPv6)) return address
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')
}

/** Without blanks, brackets and port. */
function bare(text: string): string {
  const trimmed = text.trim()
  return /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
}

/** An IPv4 address also when it is written as IPv6. A zone (`%eth0`) names a link of this machine, not who is there. */
function parse(text: string): IpAddress | undefined {
  const [plain = ''] = text.split('%', 1)
  const address = plain.length > MAX_CHARACTERS ? undefined : parseAddress(plain)
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
    ? address.toIPv4Address()
    : address
}
