import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { ReadHeaders } from '../arrival.ts'
import { type Authentic, Rejected } from './authentic.ts'
import { fingerprint } from './constant-time.ts'

/** The HMAC of an `X-Hub-Signature-256` header. Throws `Rejected`. */
export function readGithub(headers: ReadHeaders): Uint8Array {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(headers.get('x-hub-signature-256') ?? '')?.[1]
  if (hex === undefined) throw new Rejected('X-Hub-Signature-256 is not sha256= and 64 hex digits')
  return Buffer.from(hex, 'hex')
}

/**
 * A body signed with one of the app's GitHub secrets. The delivery id is not signed, so the body's SHA-256 is the
 * idempotency key. Throws `Rejected`.
 */
export function verifyGithub(
  signature: Uint8Array,
  body: Uint8Array,
  { credentials }: { credentials: { github: readonly string[] } },
): Authentic {
  const secrets = credentials.github
  if (secrets.length === 0) throw new Rejected('the app accepts no GitHub webhook')
  let found: string | undefined
  for (const secret of secrets) {
    const right = createHmac('sha256', secret).update(body).digest()
    if (timingSafeEqual(signature, right)) found = secret
  }
  if (found === undefined) throw new Rejected('X-Hub-Signature-256 fits no secret of the app')
  return {
    sender: { kind: 'github', key: fingerprint(found) },
    key: { kind: 'github', key: hash('sha256', body) },
    says: 'payloads',
    mayDeploy: false,
  }
}
