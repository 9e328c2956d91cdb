import * as crypto from 'node:crypto'

/** Constant-time comparison of texts of any length. */
export const isSame = (one: string, other: string): boolean =>
  crypto.timingSafeEqual(hash(one), hash(other))

/** First 12 hex digits of a secret's SHA-256: names it in logs. */
export const fingerprint = (secret: string): string => hash(secret).toString('hex').slice(0, 12)

const hash = (text: string) => crypto.hash('sha256', text, 'buffer')
