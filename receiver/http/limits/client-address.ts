import ipaddr from 'ipaddr.js'

/** Says whether an address is that of a configured proxy. */
export type IsProxy = (address: string) => boolean

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** An IPv6 address has 45 characters at most; a zone is cut off before. */
const MAX_CHARACTERS = 45

/** Reads addresses and networks (`127.0.0.0/8`, `::1`), which the config has checked. */
export function proxies(networks: readonly string[]): IsProxy {
  const ranges = networks.map(rangeOf)
  return (text) => {
    const address = parse(text)
    if (address === undefined) return false
    const long = asIPv6(address)
    return ranges.some(([start, bits]) => long.match(start, bits))
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
  let address = parse(peer ?? '')?.toString()
  const entries = (forwardedFor ?? '').split(',')
  while (address !== undefined && isProxy(address)) {
    const entry = parse(bare(entries.pop() ?? ''))
    if (entry === undefined) break
    address = entry.toString()
  }
  return address ?? 'unknown'
}

/** What one customer has: an IPv4 address, or the /64 of an IPv6 one. */
export function subscriber(address: string): string {
  const parsed = parse(address)
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
function parse(text: string): Address | undefined {
  const [plain = ''] = text.split('%', 1)
  if (plain.length > MAX_CHARACTERS) return undefined
  // `127.1`, `0x7f000001` and `0177.0.0.1` are addresses to the library, and not to anybody who writes this header
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(plain) || ipaddr.IPv6.isValid(plain)
  return isAddress ? ipaddr.process(plain) : undefined
}

/** First address and prefix length of a network, both of IPv6; IPv4 has its place there (RFC 4291, section 2.5.5.2). */
function rangeOf(network: string): [ipaddr.IPv6, number] {
  const [text = '', bits] = network.split('/')
  const start = ipaddr.parse(text)
  const missing = start.kind() === 'ipv4' ? 96 : 0
  return [asIPv6(start), bits === undefined ? 128 : Number(bits) + missing]
}

const asIPv6 = (address: Address): ipaddr.IPv6 =>
  address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address
