import { lookup } from 'node:dns/promises'
import { isIPv6, type LookupFunction } from 'node:net'
import { type IpAddress, parseAddress } from '../core/ip-address.ts'
import { type AddressKind, kindOf, type Reach } from '../core/reach.ts'
import { shorten } from '../core/shorten.ts'

/** The addresses of a name, as the system's resolver has them. Rejects when there are none. */
export type ResolveName = (hostname: string) => Promise<readonly string[]>

export const resolveName: ResolveName = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)

/** The addresses of a URL's host; none when its name does not resolve. */
export async function addressesOf(
  { hostname }: URL,
  resolve: ResolveName = resolveName,
): Promise<IpAddress[]> {
  const literal = parseAddress(bare(hostname))
  if (literal !== undefined) return [literal]
  const found = await resolve(hostname).catch(() => [])
  return found.flatMap((address) => parseAddress(address) ?? [])
}

/** A server leads to an address to which it may not lead. */
export class OutOfReach extends Error {
  constructor(where: string, kind: AddressKind) {
    super(`it leads to ${shorten(where, 300)}, a ${kind} address`)
    this.name = 'OutOfReach'
  }
}

/**
 * Resolves names for a connection, to addresses within reach alone: what is checked is what is connected to, so that a name that
 * stands for something else a moment later (DNS rebinding) gains nothing. Addresses in URLs pass it by: see `requireReach`.
 */
export const lookupWithin =
  (reach: Reach, resolve: ResolveName = resolveName): LookupFunction =>
  (hostname, { all }, callback) => {
    const choose = async () => {
      const found = await resolve(hostname)
      const allowed = found.filter((address) => {
        const parsed = parseAddress(address)
        return parsed !== undefined && reach.has(kindOf(parsed))
      })
      const [refused = ''] = found
      if (allowed.length > 0) return allowed.map(withFamily)
      const kind = kindOfHost(refused)
      if (kind !== undefined) throw new OutOfReach(`${hostname} (${refused})`, kind)
      throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
    }
    choose().then(
      (chosen) => {
        if (all === true) return callback(null, chosen)
        const { address = '', family = 4 } = chosen[0] ?? {}
        callback(null, address, family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }

const withFamily = (address: string) => ({ address, family: isIPv6(address) ? 6 : 4 })

/** Throws `OutOfReach` for a URL whose host is itself an address, or a name of this machine, that is not within reach. */
export function requireReach({ hostname }: URL, reach: Reach): void {
  const kind = kindOfHost(bare(hostname))
  if (kind !== undefined && !reach.has(kind)) throw new OutOfReach(hostname, kind)
}

function kindOfHost(host: string): AddressKind | undefined {
  const address = parseAddress(host)
  if (address !== undefined) return kindOf(address)
  // RFC 6761, section 6.3
  return /(?:^|\.)localhost\.?$/i.test(host) ? 'loopback' : undefined
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
