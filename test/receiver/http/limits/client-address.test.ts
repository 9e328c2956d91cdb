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
    ['IPv4 written as IPv6 in hex', '::ffff:7f00:1', '::ffff:c633:6409', '198.51.100.9'],
    ['in one spelling', '::1', '2001:0DB8:0::0001', '2001:db8::1'],
    ['without its zone', 'fe80::1%eth0.1', undefined, 'fe80::1'],
    ['nothing that only some programs read as one', '127.0.0.1', '0x7f.1', '127.0.0.1'],
    ['nothing that has a leading zero', '127.0.0.1', '0177.0.0.1', '127.0.0.1'],
    ['nothing long', '127.0.0.1', `${'0:'.repeat(40_000)}1`, '127.0.0.1'],
    ['unknown without a connection', undefined, '198.51.100.9', 'unknown'],
    ['unknown when the connection has none', '', '198.51.100.9', 'unknown'],
  ] as const)('is %s', (_name, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, isProxy)).toBe(expected)
  })
})

describe('a proxy', () => {
  test.each([
    ['127.255.255.255', true],
    ['128.0.0.0', false],
    ['::1', true],
    ['::2', false],
    ['10.1.255.255', true],
    ['10.2.0.0', false],
    ['::ffff:10.1.0.1', true],
    ['fdff::1', true],
    ['fe00::1', false],
    ['unknown', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    expect(isProxy(address)).toBe(expected)
  })

  test('is named by one address, or by a network that is written as IPv6', () => {
    const isOurs = proxies(['192.0.2.1', '::ffff:10.0.0.0/104'])
    expect(['192.0.2.1', '192.0.2.2', '10.255.0.1', '11.0.0.1'].map(isOurs)).toStrictEqual([
      true,
      false,
      true,
      false,
    ])
  })

  test('is nobody, when none is named', () => {
    expect(proxies([])('127.0.0.1')).toBe(false)
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
    ['1:2:3:4:5:6:7:8', '1:2:3:4'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, expected) => {
    expect(subscriber(address)).toBe(expected)
  })
})
