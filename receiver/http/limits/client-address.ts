import { BlockList, isIP } from 'node:net'

/** Says whether an address is that of a configured proxy. */
export type IsProxy = (address: string) => boolean

/** Reads addresses and networks (`127.0.0.0/8`, `::1`), which the config has checked. */
export function proxies(networks: readonly string[]): IsProxy {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(
      address,
      bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits),
      family,
    )
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * The address that a request came from: that of the connection, and when a configured proxy made it, the one which that
 * proxy wrote last into `X-Forwarded-For`, and so on to the left. What stands further left, a client may have written.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  isProxy: IsProxy,
): string {
  let address = plain(peer ?? '')
  const entries = (forwardedFor ?? '').split(',')
  while (isIP(address) !== 0 && isProxy(address)) {
    const entry = plain(entries.pop() ?? '')
    if (isIP(entry) === 0) break
    address = entry
  }
  return isIP(address) === 0 ? 'unknown' : address
}

/** Without blanks, brackets and port, and without the prefix of an IPv4 address written as IPv6. */
function plain(text: string): string {
  const trimmed = text.trim()
  const bare =
    /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  return bare.replace(/^::ffff:(?=[\d.]+$)/i, '')
}

/** What one customer has: an IPv4 address, or the /64 of an IPv6 one. */
export function subscriber(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}
