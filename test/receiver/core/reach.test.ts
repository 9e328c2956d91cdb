import { expect, test } from 'vitest'
import { parseAddress } from '../../../receiver/core/ip-address.ts'
import { kindOf, reachesOf } from '../../../receiver/core/reach.ts'

const addressOf = (text: string) => {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`${text} is not an address`)
  return address
}

test.each([
  ['192.0.78.9', 'public'],
  ['2606:4700::6810:84e5', 'public'],
  ['127.0.0.1', 'loopback'],
  ['127.8.9.10', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['0.1.2.3', 'loopback'],
  ['::1', 'loopback'],
  ['::', 'loopback'],
  ['10.0.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['198.18.0.1', 'private'],
  ['224.0.0.1', 'private'],
  ['255.255.255.255', 'private'],
  ['fd00::1', 'private'],
  ['fec0::1', 'private'],
  ['ff02::1', 'private'],
  ['4000::1', 'private'],
  ['169.254.1.1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['fe80::a9fe:a9fe', 'metadata'],
  // IPv4 in the clothes of IPv6: mapped, compatible, translated, 6to4
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:192.0.78.9', 'public'],
  ['::127.0.0.1', 'loopback'],
  ['::ffff:0:10.0.0.1', 'private'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b::169.254.169.254', 'metadata'],
  ['64:ff9b::192.0.78.9', 'public'],
  ['64:ff9b:1::1', 'private'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['2002:c000:4e09::1', 'public'],
])('%s is a %s address', (text, kind) => {
  expect(kindOf(addressOf(text))).toBe(kind)
})

test.each([
  [['192.0.78.9'], ['public'], ['public']],
  [['10.0.0.1'], ['private'], ['private', 'public']],
  [['127.0.0.1', '::1'], ['loopback'], ['loopback', 'public']],
  [
    ['127.0.0.1', '10.0.0.1'],
    ['loopback', 'private'],
    ['loopback', 'private', 'public'],
  ],
  // one that is public, too, has no right to what lies behind
  [['192.0.78.9', '127.0.0.1', '10.0.0.7'], ['public'], ['public']],
  [['169.254.169.254'], [], ['public']],
  [['169.254.169.254', '10.0.0.1'], ['private'], ['private', 'public']],
  [[], ['public'], ['public']],
])('a server at %j is asked at %j addresses, and may lead to %j ones', (at, itself, elsewhere) => {
  const reaches = reachesOf(at.map(addressOf))
  expect([...reaches.itself].toSorted()).toStrictEqual(itself)
  expect([...reaches.elsewhere].toSorted()).toStrictEqual(elsewhere)
})
