import ipaddr from 'ipaddr.js'
import { type IpAddress, isInside, parseNetwork } from './ip-address.ts'

/** Whose an address is: anybody's; of a network of one's own; of one cable; of this machine; of what gives a cloud's machines their credentials. */
export type AddressKind = 'public' | 'private' | 'link-local' | 'loopback' | 'metadata'

/** Kinds of addresses that may be connected to. */
export type Reach = ReadonlySet<AddressKind>

/**
 * Where a server may have us go. Itself is asked at addresses of the kinds that it was found at, and nowhere else from then on.
 * It may lead elsewhere to public addresses; and only when all of its own are others, to its own kinds. Nothing leads to metadata.
 * @param addresses of the server; none when its name does not resolve
 */
export function reachesOf(addresses: readonly IpAddress[]): { itself: Reach; elsewhere: Reach } {
  const kinds = new Set(addresses.map(kindOf))
  kinds.delete('metadata')
  // one public address among them is enough: whoever answers for that name chooses which is connected to
  if (addresses.length === 0 || kinds.has('public')) return { itself: PUBLIC, elsewhere: PUBLIC }
  return { itself: kinds, elsewhere: new Set([...PUBLIC, ...kinds]) }
}

const PUBLIC: Reach = new Set(['public'])

export function kindOf(address: IpAddress): AddressKind {
  const bare = ipv4In(address) ?? address
  if (isInside(bare, METADATA)) return 'metadata'
  const range = bare.range()
  // to connect to 0.0.0.0 or :: is to connect to this machine
  if (range === 'loopback' || range === 'unspecified') return 'loopback'
  if (range === 'linkLocal') return 'link-local'
  const isGlobal = bare.kind() === 'ipv4' || isInside(bare, GLOBAL)
  return range === 'unicast' && isGlobal ? 'public' : 'private'
}

const networks = (...texts: string[]) => texts.flatMap((text) => parseNetwork(text) ?? [])

/** The only ones that are handed out (iana.org, "IPv6 Global Unicast Address Space"). */
const GLOBAL = networks('2000::/3')

/** Of AWS, Google, Azure and most others; ECS and EKS; Azure's own host; Alibaba; Oracle; OpenStack. */
const METADATA = networks(
  '169.254.169.0/24',
  '169.254.170.0/24',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::/32',
  'fd20:ce::/32',
  'fe80::a9fe:a9fe',
)

/** What is IPv4 in the clothes of IPv6: mapped, compatible (RFC 4291), translated (RFC 6052, RFC 2765), 6to4 (RFC 3056). */
function ipv4In(address: IpAddress): ipaddr.IPv4 | undefined {
  if ('octets' in address) return address
  const [first = 0, second = 0, third = 0] = address.parts
  if (first === 0x2002) return ipv4Of(second, third)
  const [high = 0, low = 0] = address.parts.slice(-2)
  // :: and ::1 are addresses of their own
  if (!isInside(address, EMBEDDING) || (high === 0 && low <= 1)) return undefined
  return ipv4Of(high, low)
}

const EMBEDDING = networks('::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96')

const ipv4Of = (high: number, low: number) =>
  new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff])
