import ipaddr from 'ipaddr.js'

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
