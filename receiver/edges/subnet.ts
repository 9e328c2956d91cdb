import ipaddr from 'ipaddr.js'
import { ADDRESSES_OF_ONE as BLOCK } from '../core/previews/room.ts'

/** The config has checked the form of the subnet. */
const toNumber = (address: string) =>
  Buffer.from(ipaddr.IPv4.parse(address).toByteArray()).readUInt32BE()

function toText(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return ipaddr.fromByteArray([...bytes]).toString()
}

const FIRST_HOST = 10

/** How a subnet is shared out: slots get fixed addresses in its lower half, Docker gives others from the upper one. */
export function divide(subnet: string): {
  gateway: string
  dynamic: string
  slotAddresses: () => Generator<string>
} {
  const [base = '', bits = ''] = subnet.split('/')
  const size = 2 ** (32 - Number(bits))
  const start = toNumber(base)
  return {
    gateway: toText(start + 1),
    dynamic: `${toText(start + size / 2)}/${Number(bits) + 1}`,
    *slotAddresses() {
      for (let host = Math.min(FIRST_HOST, size / 4); host < size / 2; host++) {
        yield toText(start + host)
      }
    },
  }
}

/** The network of the same size beside it: `10.213.16.0/20` of `10.213.0.0/20`, and the other way round. */
export function neighbour(subnet: string): string {
  const [base = '', bits = ''] = subnet.split('/')
  // an exclusive or, of numbers that are too large for the operator
  const size = 2 ** (32 - Number(bits))
  const start = toNumber(base)
  return `${toText(start % (size * 2) === 0 ? start + size : start - size)}/${bits}`
}

/** The subnets that isolated apps have of their own out of one, one after the other. */
export function* blocksOf(subnet: string): Generator<string> {
  const [base = '', bits = ''] = subnet.split('/')
  const start = toNumber(base)
  for (let at = 0; at < 2 ** (32 - Number(bits)); at += BLOCK) yield `${toText(start + at)}/29`
}

/** The one of these that an address is in. */
export function blockOf(address: string): string {
  const number = toNumber(address)
  return `${toText(number - (number % BLOCK))}/29`
}
