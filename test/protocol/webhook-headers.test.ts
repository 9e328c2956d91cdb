import { describe, expect, test } from 'vitest'
import { TOLERANCE_SECONDS } from '../../protocol/standard-webhooks.ts'
import { first, asymmetric, PUBLIC_KEY, NOW, check, signed } from './webhook-vectors.ts'

describe('webhook-signature', () => {
  const mac = first.signature.slice('v1,'.length)
  test.for([
    ['without padding', `v1,${mac.slice(0, -1)}`],
    ['with too much padding', `v1,${mac}=`],
    ['with set spare bits', `v1,${mac.slice(0, -2)}F=`],
    ['in base64url', `v1,${mac.replaceAll('+', '-').replaceAll('/', '_')}`],
    ['with a line break', `v1,${mac.slice(0, 20)}\n${mac.slice(20)}`],
    ['with rubbish behind', `v1,${mac}!`],
    ['with a second comma', `v1,${mac},`],
    ['without a version', mac],
    ['with an empty version', `,${mac}`],
    ['with the version in upper case', `V1,${mac}`],
    ['with an equals sign for the comma', `v1=${mac}`],
    ['separated by tabs', `v1,AAAA\tv1,${mac}`],
    ['in hex', `v1,${Buffer.from(mac, 'base64').toString('hex')}`],
    ['empty', ''],
    ['of blanks', '   '],
  ] as const)('%s is refused', ([, signature]) => {
    expect(check({ signature }).ok).toBe(false)
  })

  test('the signature in those forms is the right one', () => {
    expect(mac).toContain('/')
    expect(mac.at(-2)).toBe('E')
    expect(check({ signature: `v1,${mac}` }).ok).toBe(true)
  })

  test('an Ed25519 signature of another length is refused', () => {
    const bytes = Buffer.from(asymmetric.signature.slice('v1a,'.length), 'base64')
    for (const given of [bytes.subarray(1), bytes.subarray(0, 63), Buffer.concat([bytes, bytes])]) {
      const signature = `v1a,${given.toString('base64')}`
      expect(check({ signature, keys: [PUBLIC_KEY] }).ok).toBe(false)
    }
  })

  test('16 entries are read', () => {
    const signature = `${'v1,AAAA '.repeat(15)}${first.signature}`
    expect(check({ signature }).ok).toBe(true)
  })

  test('17 entries are refused, the right one among them or not', () => {
    for (const signature of [
      `${'v1,AAAA '.repeat(16)}${first.signature}`,
      `${first.signature} ${'v2,AAAA '.repeat(16)}`,
    ]) {
      expect(check({ signature })).toStrictEqual({
        ok: false,
        reason: 'webhook-signature has 17 entries, at most 16 are read',
      })
    }
  })
})

describe('webhook-id', () => {
  test.for([
    ['with a dot', 'msg.1'],
    ['of 257 characters', 'a'.repeat(257)],
    ['with a control character', 'msg\u0001'],
    ['with a line end', 'msg\n'],
    ['with a blank', 'msg 1'],
    ['beyond ASCII', 'müsg'],
    ['with DEL', 'msg\u007f'],
    ['empty', ''],
  ] as const)('%s is refused, rightly signed as it is', ([, id]) => {
    const result = check({ id, signature: signed({ id }) })
    expect(result).toStrictEqual({
      ok: false,
      reason: 'webhook-id is not 1 to 256 visible characters without a dot',
    })
  })

  test.for(['a', 'a'.repeat(256), '~!/,:-'])('%s is taken', (id) => {
    expect(check({ id, signature: signed({ id }) }).ok).toBe(true)
  })
})

describe('webhook-timestamp', () => {
  test.for([
    `+${NOW}`,
    `-${NOW}`,
    ` ${NOW}`,
    `${NOW} `,
    `${NOW}\n`,
    `0${NOW}`,
    `${NOW}.0`,
    `${NOW}.`,
    `${NOW}e0`,
    '1.614265330e9',
    `0x${NOW.toString(16)}`,
    '١٦١٤٢٦٥٣٣٠',
    'NaN',
    'Infinity',
    '',
    '9'.repeat(16),
  ])('%j is refused for its form', (timestamp) => {
    expect(check({ timestamp })).toStrictEqual({
      ok: false,
      reason: 'webhook-timestamp is not plain digits',
    })
  })

  test.for([-TOLERANCE_SECONDS, TOLERANCE_SECONDS])('%i s away is accepted', (seconds) => {
    expect(check({ nowSeconds: NOW + seconds }).ok).toBe(true)
  })

  test.for([
    [TOLERANCE_SECONDS + 1, 'webhook-timestamp is 301 s old'],
    [-TOLERANCE_SECONDS - 1, 'webhook-timestamp is 301 s in the future'],
  ] as const)('%i s away is refused', ([seconds, reason]) => {
    expect(check({ nowSeconds: NOW + seconds })).toStrictEqual({ ok: false, reason })
  })

  test('milliseconds are not seconds', () => {
    const timestamp = NOW * 1000
    expect(check({ timestamp: String(timestamp), signature: signed({ timestamp }) }).ok).toBe(false)
  })
})
