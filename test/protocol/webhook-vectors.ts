import { readFileSync } from 'node:fs'
import {
  parseSigningKey,
  parseVerifyingKey,
  sign,
  readHeaders,
  verify,
} from '../../protocol/standard-webhooks.ts'

interface Positive {
  name: string
  scheme: 'v1' | 'v1a'
  secret?: string
  privateKey?: string
  publicKey?: string
  id: string
  timestamp: number
  payload: string
  signature: string
}

interface Vectors {
  toleranceSeconds: number
  positive: [Positive, Positive, Positive, Positive]
  headerCases: { name: string; header: string; valid: boolean }[]
  timestampCases: { offset?: string; value?: string; missing?: string; valid: boolean }[]
  secretCases: { secret: string; valid?: boolean; note?: string }[]
}

export const vectors = JSON.parse(
  readFileSync(new URL('../vectors/standard-webhooks/vectors.json', import.meta.url), 'utf8'),
) as Vectors

export const [first, , asymmetric, other] = vectors.positive
export const SECRET = first.secret ?? ''
export const OTHER_SECRET = other.secret ?? ''
export const PRIVATE_KEY = asymmetric.privateKey ?? ''
export const PUBLIC_KEY = asymmetric.publicKey ?? ''
export const NOW = first.timestamp
export const BODY = Buffer.from(first.payload)
export const ID = first.id

/** Verifies the first published request, with something of it changed. */
export function check(
  changed: Partial<{
    id: string | undefined
    timestamp: string | undefined
    signature: string | undefined
    body: Uint8Array
    keys: readonly string[]
    nowSeconds: number
  }>,
) {
  const given = { id: ID, timestamp: String(NOW), signature: first.signature, ...changed }
  const read = readHeaders(given, changed.nowSeconds ?? NOW)
  if (!read.ok) return read
  return verify(
    read.headers,
    changed.body ?? BODY,
    (changed.keys ?? [SECRET]).map(parseVerifyingKey),
  )
}

/** Signs the first published request, with something of it changed. */
export function signed({
  secret = SECRET,
  id = ID,
  timestamp = NOW,
  body = BODY as Uint8Array,
}): string {
  return sign({ key: parseSigningKey(secret), id, timestamp, body })
}

export const fingerprint = (text: string) => parseVerifyingKey(text).fingerprint
