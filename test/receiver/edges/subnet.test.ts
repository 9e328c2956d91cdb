import { expect, test } from 'vitest'
import { blockOf, blocksOf, divide, neighbour } from '../../../receiver/edges/subnet.ts'

test.each([
  ['10.213.0.0/24', '10.213.0.1', '10.213.0.128/25', '10.213.0.10', '10.213.0.127', 118],
  ['10.213.0.0/20', '10.213.0.1', '10.213.8.0/21', '10.213.0.10', '10.213.7.255', 2038],
  ['10.0.0.16/28', '10.0.0.17', '10.0.0.24/29', '10.0.0.20', '10.0.0.23', 4],
  ['255.254.0.0/16', '255.254.0.1', '255.254.128.0/17', '255.254.0.10', '255.254.127.255', 32_758],
])(
  '%s has its gateway at %s, Docker’s addresses in %s, and slots from %s to %s',
  (subnet, gateway, dynamic, first, last, count) => {
    const { slotAddresses, ...others } = divide(subnet)
    expect(others).toEqual({ gateway, dynamic })
    const addresses = [...slotAddresses()]
    expect([addresses[0], addresses.at(-1), addresses.length]).toEqual([first, last, count])
  },
)

test.each([
  ['10.213.0.0/20', '10.213.16.0/20'],
  ['10.213.16.0/20', '10.213.0.0/20'],
  ['10.0.0.16/28', '10.0.0.0/28'],
  ['255.254.0.0/16', '255.255.0.0/16'],
])('the neighbour of %s is %s', (subnet, other) => {
  expect(neighbour(subnet)).toBe(other)
  expect(neighbour(other)).toBe(subnet)
})

test('isolated apps have blocks of it, each with room for two slots and a command', () => {
  const blocks = [...blocksOf('10.213.16.0/27')]
  expect(blocks).toEqual(['10.213.16.0/29', '10.213.16.8/29', '10.213.16.16/29', '10.213.16.24/29'])
  for (const block of blocks) {
    const { dynamic, gateway, slotAddresses } = divide(block)
    const addresses = [...slotAddresses()]
    expect(addresses).toHaveLength(2)
    for (const each of [gateway, ...addresses, dynamic.split('/')[0] ?? '']) {
      expect(blockOf(each)).toBe(block)
    }
  }
})
