/** IPv4 address as a number; the config checked its form. */
const toNumber = (address: string) =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const toText = (value: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

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
