import ipaddr from 'ipaddr.js'

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6

/** An address alone is a network of one. */
export interface Network {
  address: IpAddress
  /** Length of the prefix that its addresses share. */
  bits: number
}

/**
 * Reads an address: `10.0.0.1`, `fd00::1`, `fe80::1%eth0` (the zone is dropped), without brackets. `undefined` for anything
 * else, also for parts that begin with 0: some programs read `010.0.0.1` as `8.0.0.1`.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (FOUR_NUMBERS.test(text)) {
    const octets = text.split('.').map(Number)
    return octets.every((octet) => octet <= 255) ? new ipaddr.IPv4(octets) : undefined
  }
  if (!text.includes(':')) return undefined
  const bare = inHex(text.replace(/%[0-9a-z.:-]+$/i, ''))
  return ipaddr.IPv6.isValid(bare) && !/[%.]/.test(bare) ? ipaddr.IPv6.parse(bare) : undefined
}

/** Read here: each request has some, and `ipaddr.js` looks for octal numbers and hex ones in them, too, and looks twice. */
const FOUR_NUMBERS = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/

/** With an IPv4 part at the end as two groups: `ipaddr.js` reads octal ones, and takes `::10.0.0.1` for `::ffff:10.0.0.1`. */
function inHex(address: string): string {
  const at = address.lastIndexOf(':') + 1
  const dotted = address.slice(at)
  if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return address
  const groups = ipaddr.IPv4.parse(dotted).toIPv4MappedAddress().parts.slice(-2)
  return `${address.slice(0, at)}${groups.map((group) => group.toString(16)).join(':')}`
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or an address; `undefined` for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [, before = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseAddress(before)
  if (address === undefined) return undefined
  const most = address.kind() === 'ipv4' ? 32 : 128
  const bits = length === undefined ? most : Number(length)
  return bits <= most ? { address, bits } : undefined
}

/** Whether an address is in one of the networks. An IPv4 address and its IPv6 form (`::ffff:10.0.0.1`) are one. */
export function isInside(address: IpAddress, networks: readonly Network[]): boolean {
  const { address: one } = asIpv6({ address, bits: 32 })
  return networks.some((network) => {
    const { address: other, bits } = asIpv6(network)
    return one.match(other, bits)
  })
}

/** RFC 4291, section 2.5.5.2. */
export function asIpv6({ address, bits }: Network): { address: ipaddr.IPv6; bits: number } {
  if (!('octets' in address)) return { address, bits }
  const [a = 0, b = 0, c = 0, d = 0] = address.octets
  const mapped = new ipaddr.IPv6([0, 0, 0, 0, 0, 0xffff, (a << 8) | b, (c << 8) | d])
  return { address: mapped, bits: bits + 96 }
}

export const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('127.')
