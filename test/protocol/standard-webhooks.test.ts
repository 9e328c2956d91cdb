import { describe, expect, test } from 'vitest'
import {
  KeyError,
  parseSigningKey,
  parseVerifyingKey,
  sign,
  TOLERANCE_SECONDS,
} from '../../protocol/standard-webhooks.ts'
import {
  vectors,
  SECRET,
  PRIVATE_KEY,
  PUBLIC_KEY,
  NOW,
  BODY,
  ID,
  check,
  fingerprint,
  signed,
} from './webhook-vectors.ts'

describe('published vectors', () => {
  test('the tolerance is that of the spec', () => {
    expect(TOLERANCE_SECONDS).toBe(vectors.toleranceSeconds)
  })

  test.for(vectors.positive)('$name: signing gives the published signature', (row) => {
    const key = parseSigningKey(row.privateKey ?? row.secret ?? '')
    const { id, timestamp, payload } = row
    expect(sign({ key, id, timestamp, body: Buffer.from(payload) })).toBe(row.signature)
  })

  test.for(vectors.positive)('$name: the published signature is accepted', (row) => {
    const key = row.publicKey ?? row.secret ?? ''
    const { id, timestamp, payload, signature } = row
    const given = { id, timestamp: String(timestamp), signature, body: Buffer.from(payload) }
    expect(check({ ...given, keys: [key], nowSeconds: timestamp })).toStrictEqual({
      ok: true,
      fingerprint: fingerprint(key),
    })
  })

  test.for(vectors.headerCases)('header, $name: valid is $valid', ({ header, valid }) => {
    expect(check({ signature: header }).ok).toBe(valid)
  })

  test.for(vectors.timestampCases)('timestamp, %j', ({ offset, value, missing, valid }) => {
    const timestamp = value ?? String(NOW + Number(offset ?? 0))
    const signature = sign({
      key: parseSigningKey(SECRET),
      id: ID,
      timestamp: Number.isFinite(Number(timestamp)) ? Number(timestamp) : NOW,
      body: BODY,
    })
    const given = {
      timestamp: missing === 'webhook-timestamp' ? undefined : timestamp,
      id: missing === 'webhook-id' ? undefined : ID,
      signature: missing === 'webhook-signature' ? undefined : signature,
    }
    expect(check(given).ok).toBe(valid)
  })

  // those that leave it open are refused: each is a slip of the hand, or one text too many for one key
  test.for(vectors.secretCases)('secret, %j, is refused', ({ secret }) => {
    expect(() => parseSigningKey(secret)).toThrow(KeyError)
    expect(() => parseVerifyingKey(secret)).toThrow(KeyError)
  })
})

describe('the signed bytes', () => {
  const binary = Buffer.from([0, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x0a])

  test.for([SECRET, PRIVATE_KEY])('a body that is no UTF-8 is signed as it is (%#)', (text) => {
    const signature = sign({ key: parseSigningKey(text), id: ID, timestamp: NOW, body: binary })
    expect(check({ signature, body: binary, keys: [SECRET, PUBLIC_KEY] }).ok).toBe(true)
    const readAsText = Buffer.from(binary.toString('utf8'))
    expect(check({ signature, body: readAsText, keys: [SECRET, PUBLIC_KEY] }).ok).toBe(false)
  })

  test('an empty body has a signature too', () => {
    const body = new Uint8Array()
    expect(check({ signature: signed({ body }), body }).ok).toBe(true)
    expect(check({ signature: signed({ body }) }).ok).toBe(false)
  })

  test.for([SECRET, PRIVATE_KEY])('a body changed in any one byte is refused (%#)', (text) => {
    const signature = sign({ key: parseSigningKey(text), id: ID, timestamp: NOW, body: BODY })
    for (const at of BODY.keys()) {
      const body = Buffer.from(BODY)
      body[at] = (body[at] ?? 0) ^ 1
      expect(check({ signature, body, keys: [SECRET, PUBLIC_KEY] }).ok).toBe(false)
    }
    for (const body of [BODY.subarray(1), BODY.subarray(0, -1), Buffer.concat([BODY, BODY])]) {
      expect(check({ signature, body, keys: [SECRET, PUBLIC_KEY] }).ok).toBe(false)
    }
  })

  test('another id and another time are refused', () => {
    expect(check({ id: `${ID}x` }).ok).toBe(false)
    expect(check({ timestamp: String(NOW + 1) }).ok).toBe(false)
  })

  test('nothing moves over the dots between id, time and body', () => {
    const body = Buffer.from(`1.${BODY.toString()}`)
    expect(check({ id: ID, timestamp: String(NOW), body }).ok).toBe(false)
    expect(check({ id: `${ID}.${NOW}`, timestamp: '1', body: BODY }).ok).toBe(false)
  })
})
