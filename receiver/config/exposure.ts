import { isInside, type Network, parseAddress, parseNetwork } from '../core/ip-address.ts'
import type { Field, Reader } from './reader.ts'

const LOOPBACK = networks('127.0.0.0/8', '::1')
/** RFC 1918, RFC 4193, RFC 6598, link-local: no stranger comes there from the internet. */
const PRIVATE = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
)
const MAPPED = networks('::ffff:0:0/96')

/** Warns of an administration's address that other machines reach. */
export function warnOfAdmin(reader: Reader, field: Field | undefined, host: string): void {
  if (field === undefined || isOn(host, LOOPBACK)) return
  reader.warning(
    field,
    `${JSON.stringify(host)} is not on loopback: who reaches it can try read tokens, and those that are right travel in the clear`,
    'write 127.0.0.1:9081, and come by SSH or by Nginx with TLS',
  )
}

/** Warns of an address for hooks that the internet reaches without what stands in front. */
export function warnOfListen(reader: Reader, field: Field | undefined, host: string): void {
  if (field === undefined || isOn(host, [...LOOPBACK, ...PRIVATE])) return
  reader.warning(
    field,
    `${JSON.stringify(host)} takes hooks from anywhere, without TLS`,
    'write 127.0.0.1:9080, and put Nginx with TLS in front',
  )
}

/** The shortest prefix that can be one network of proxies. */
const LEAST_BITS = 8

/** Warns of proxies that are everybody: whoever is believed chooses the address that limits and the audit trail go by. */
export function warnOfProxies(reader: Reader, field: Field, network: Network): void {
  if (!isWide(network)) return
  reader.warning(
    field,
    'nearly everybody is such a proxy: a stranger chooses the address that limits and the audit trail go by',
    'name the addresses of your own proxies',
  )
}

function isWide({ address, bits }: Network): boolean {
  if (bits < LEAST_BITS) return true
  if (address.kind() === 'ipv4' || bits >= 96 + LEAST_BITS) return false
  // ::/0 down to ::ffff:0:0/96 hold all of IPv4 (RFC 4291, section 2.5.5.2)
  const around = [{ address, bits: Math.min(bits, 96) }]
  return MAPPED.some((mapped) => isInside(mapped.address, around))
}

function isOn(host: string, allowed: readonly Network[]): boolean {
  const address = parseAddress(host)
  return host === 'localhost' || (address !== undefined && isInside(address, allowed))
}

function networks(...texts: string[]): Network[] {
  return texts.flatMap((text) => parseNetwork(text) ?? [])
}
