import { describe, expect, test } from 'vitest'
import {
  clientAddress,
  proxies,
  subscriber,
} from '../../../../receiver/http/limits/client-address.ts'

const isProxy = proxies(['127.0.0.0/8', '::1', '10.1.0.0/16', 'fd00::/8'])

describe("a client's address", () => {
  test.each([
    ['that of the connection', '192.0.2.1', undefined, '192.0.2.1'],
    ['not what a stranger claims', '192.0.2.1', '198.51.100.9', '192.0.2.1'],
    ['what our proxy says', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['what our proxy says over IPv6', '::1', '2001:db8::1', '2001:db8::1'],
    [
      'the last entry: the first may be forged',
      '127.0.0.1',
      '6.6.6.6, 198.51.100.9',
      '198.51.100.9',
    ],
    ['behind two proxies of ours', '127.0.0.1', '6.6.6.6, 198.51.100.9, 10.1.2.3', '198.51.100.9'],
    ['a proxy itself, when it says nothing', '127.0.0.1', undefined, '127.0.0.1'],
    ['a proxy itself, when it says nonsense', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['the last good one before nonsense', '127.0.0.1', 'evil"\n, 10.1.2.3', '10.1.2.3'],
    ['without its port', '127.0.0.1', '198.51.100.9:443', '198.51.100.9'],
    ['without brackets and port', '127.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
    ['IPv4 written as IPv6', '::ffff:127.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
    ['unknown without a connection', undefined, '198.51.100.9', 'unknown'],
  ] as const)('is %s', (_name, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, isProxy)).toBe(expected)
  })
})

describe('a subscriber', () => {
  test.each([
    ['198.51.100.9', '198.51.100.9'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1'],
    ['2001:db8:0:1::', '2001:db8:0:1'],
    ['2001:DB8::1', '2001:db8:0:0'],
    ['2001:0db8::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, expected) => {
    expect(subscriber(address)).toBe(expected)
  })
})
