import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KeyError, parseSigningKey, parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import {
  asymmetric,
  SECRET,
  OTHER_SECRET,
  PRIVATE_KEY,
  PUBLIC_KEY,
  check,
  signed,
  fingerprint,
} from './webhook-vectors.ts'

describe('keys', () => {
  test.for([
    ['the only one', [SECRET]],
    ['the first', [SECRET, OTHER_SECRET]],
    ['the last', [OTHER_SECRET, PUBLIC_KEY, SECRET]],
  ] as const)('during a rotation the right key may be %s', ([, keys]) => {
    expect(check({ keys })).toStrictEqual({ ok: true, fingerprint: fingerprint(SECRET) })
  })

  test('a sender may sign with the old and the new key at once', () => {
    const signature = `${signed({ secret: OTHER_SECRET })} ${signed({ secret: PRIVATE_KEY })}`
    expect(check({ signature, keys: [OTHER_SECRET] }).ok).toBe(true)
    expect(check({ signature, keys: [PUBLIC_KEY] })).toStrictEqual({
      ok: true,
      fingerprint: fingerprint(PUBLIC_KEY),
    })
    expect(check({ signature, keys: [SECRET] }).ok).toBe(false)
  })

  test('without keys nothing is accepted', () => {
    expect(check({ keys: [] }).ok).toBe(false)
  })

  test('an HMAC under v1a, and an Ed25519 signature under v1, are refused', () => {
    const hmac = signed({}).slice('v1,'.length)
    const ed25519 = signed({ secret: PRIVATE_KEY }).slice('v1a,'.length)
    const keys = [SECRET, PUBLIC_KEY]
    expect(check({ signature: `v1a,${hmac}`, keys }).ok).toBe(false)
    expect(check({ signature: `v1,${ed25519}`, keys }).ok).toBe(false)
  })

  test('the public key is no HMAC secret', () => {
    const forged = signed({ secret: `whsec_${PUBLIC_KEY.slice('whpk_'.length)}` })
    expect(check({ signature: forged, keys: [PUBLIC_KEY] }).ok).toBe(false)
  })

  test('a private key of 32 bytes signs as the one of 64 does', () => {
    const seed = Buffer.from(PRIVATE_KEY.slice('whsk_'.length), 'base64').subarray(0, 32)
    expect(signed({ secret: `whsk_${seed.toString('base64')}` })).toBe(asymmetric.signature)
  })

  test("keys of node's own making work", () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    const signature = signed({ secret: `whsk_${seed.toString('base64')}` })
    expect(check({ signature, keys: [`whpk_${raw.toString('base64')}`] }).ok).toBe(true)
  })

  test('a key is named in logs by the start of its SHA-256', () => {
    const bytes = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
    const hash = createHash('sha256').update(bytes).digest('hex')
    expect(fingerprint(SECRET)).toBe(hash.slice(0, 12))
  })

  const base64 = (length: number) => Buffer.alloc(length, 7).toString('base64')
  test.for([
    ['a secret of 23 bytes', `whsec_${base64(23)}`, 'has 23 bytes, at least 24 are needed'],
    ['a secret of 16 bytes, no prefix', base64(16), 'has 16 bytes, at least 24 are needed'],
    ['a public key of 31 bytes', `whpk_${base64(31)}`, 'has 31 bytes, 32 are needed'],
    ['a public key of 33 bytes', `whpk_${base64(33)}`, 'has 33 bytes, 32 are needed'],
    ['an empty public key', 'whpk_', 'not canonical base64'],
    ['a private key', PRIVATE_KEY, 'whsk_… is a private key'],
    ['base64 without padding', `whsec_${base64(32).slice(0, -1)}`, 'not canonical base64'],
    ['base64 with set spare bits', `whsec_${base64(32).slice(0, -2)}d=`, 'not canonical base64'],
    ['base64url', `whsec_${'-_'.repeat(20)}`, 'not canonical base64'],
    ['a blank at the end', `${SECRET} `, 'not canonical base64'],
    ['a line end', `${SECRET}\n`, 'not canonical base64'],
    ['two prefixes', `whsec_${SECRET}`, 'not canonical base64'],
    ['a prefix in upper case', SECRET.replace('whsec_', 'WHSEC_'), 'not canonical base64'],
  ] as const)('%s is no verifying key', ([, text, message]) => {
    const error = thrownBy(() => parseVerifyingKey(text))
    expect(error).toBeInstanceOf(KeyError)
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain(text.slice(6, 20) || 'nothing')
  })

  test.for([
    ['a public key', PUBLIC_KEY, 'whpk_… is a public key'],
    ['a private key of 31 bytes', `whsk_${base64(31)}`, 'has 31 bytes, 32 or 64 are needed'],
    ['a private key of 48 bytes', `whsk_${base64(48)}`, 'has 48 bytes, 32 or 64 are needed'],
    ['two halves of two keys', `whsk_${base64(64)}`, 'does not belong to its private half'],
    ['a short secret', `whsec_${base64(8)}`, 'has 8 bytes, at least 24 are needed'],
  ] as const)('%s is no signing key', ([, text, message]) => {
    const error = thrownBy(() => parseSigningKey(text))
    expect(error).toBeInstanceOf(KeyError)
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain(text.slice(5, 20))
  })

  test('a secret of exactly 24 bytes is taken', () => {
    expect(parseVerifyingKey(`whsec_${base64(24)}`).kind).toBe('hmac')
  })
})

function thrownBy(action: () => unknown): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
