import { BlockList, isIP, isIPv6 } from 'node:net'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInside, parseAddress, parseNetwork } from '../../../receiver/core/ip-address.ts'

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['FD00::1', 'fd00::1'],
  ['::', '::'],
  ['fe80::1%br-0f3a', 'fe80::1'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['::10.0.0.1', '::a00:1'],
])('%s is the address %s', (text, address) => {
  expect(parseAddress(text)?.toString()).toBe(address)
})

test.each([
  '',
  '10.0.0',
  '10',
  '010.0.0.1',
  '0x0a.0.0.1',
  '10.0.0.256',
  '10.0.0.1 ',
  '[::1]',
  '::ffff:010.0.0.1',
  '::ffff:10.0.1',
  'fe80::1%',
  'fe80::1%a%b',
  '1:2:3:4:5:6:7:8:9',
  'localhost',
])('%j is not an address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test.each([
  ['10.0.0.0/8', 8],
  ['10.0.0.1', 32],
  ['::1', 128],
  ['::ffff:10.0.0.0/104', 104],
  ['0.0.0.0/0', 0],
])('%s is a network with a prefix of %i bits', (text, bits) => {
  expect(parseNetwork(text)?.bits).toBe(bits)
})

test.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '/8', '10.0.0.0/-1', '10/8', ''])(
  '%j is not a network',
  (text) => {
    expect(parseNetwork(text)).toBeUndefined()
  },
)

test.each([
  ['10.255.0.1', '10.0.0.0/8', true],
  ['11.0.0.1', '10.0.0.0/8', false],
  ['::ffff:10.0.0.1', '10.0.0.0/8', true],
  ['::10.0.0.1', '10.0.0.0/8', false],
  ['10.0.0.1', '::ffff:10.0.0.0/104', true],
  ['fd12::1', 'fd00::/8', true],
  ['fe80::1%eth0', 'fe80::/10', true],
  ['::1', '127.0.0.0/8', false],
])('%s in %s: %s', (address, network, expected) => {
  expect(inNetwork(address, network)).toBe(expected)
})

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((each) => `::ffff:${each}`),
)
const familyOf = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4')
const inNetwork = (text: string, network: string): boolean => {
  const [one, other] = [parseAddress(text), parseNetwork(network)]
  if (one === undefined || other === undefined) throw new Error(`cannot read ${text}, ${network}`)
  return isInside(one, [other])
}

test('any text is an address here when it is one to Node', () => {
  const part = fc.constantFrom('0', '10', '010', '255', '256', 'ffff', '::', '%e-0', '.', ':', ' ')
  const text = fc.oneof(
    address,
    fc.array(part, { maxLength: 16 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (each) => {
      const kind = parseAddress(each)?.kind()
      expect(kind).toBe({ 0: undefined, 4: 'ipv4', 6: 'ipv6' }[isIP(each)])
    }),
    { numRuns: 2000 },
  )
})

test('any address is in any network here when it is to Node', () => {
  fc.assert(
    fc.property(address, address, fc.nat({ max: 128 }), (one, base, length) => {
      const bits = isIPv6(base) ? length : length % 33
      const list = new BlockList()
      list.addSubnet(base, bits, familyOf(base))
      expect(inNetwork(one, `${base}/${bits}`)).toBe(list.check(one, familyOf(one)))
    }),
    { numRuns: 2000 },
  )
})
