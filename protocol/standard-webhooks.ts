import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign as signEd25519,
  timingSafeEqual,
  verify as verifyEd25519,
} from 'node:crypto'

/** How far a timestamp may lie from now, in seconds. */
export const TOLERANCE_SECONDS = 300
const MAX_SIGNATURES = 16
const MIN_SECRET_BYTES = 24
const SEED_BYTES = 32

// Fixed heads of DER, RFC 8410: before them comes nothing, after them the 32 bytes of the key.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

export type SigningKey =
  { kind: 'hmac'; secret: KeyObject } | { kind: 'ed25519'; privateKey: KeyObject }

export type VerifyingKey = (
  { kind: 'hmac'; secret: KeyObject } | { kind: 'ed25519'; publicKey: KeyObject }
) & {
  /** First 12 hex digits of the SHA-256 of the key, for logs. */
  fingerprint: string
}

/** A key that cannot be used. The message never holds the key. */
export class KeyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KeyError'
  }
}

/** Reads `whsec_…` (HMAC; also without its prefix) or `whsk_…` (Ed25519: seed, or seed and public key). Throws `KeyError`. */
export function parseSigningKey(text: string): SigningKey {
  if (text.startsWith('whpk_')) {
    throw new KeyError('whpk_… is a public key: signing takes its whsk_… half')
  }
  if (!text.startsWith('whsk_')) return { kind: 'hmac', secret: createSecretKey(parseSecret(text)) }
  const bytes = decodeCanonical(text.slice('whsk_'.length), 'whsk_ key')
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
    throw new KeyError(`whsk_ key has ${bytes.length} bytes, 32 or 64 are needed`)
  }
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  })
  const given = bytes.subarray(SEED_BYTES)
  if (given.length > 0 && !given.equals(rawPublicKey(privateKey))) {
    throw new KeyError('whsk_ key: its public half does not belong to its private half')
  }
  return { kind: 'ed25519', privateKey }
}

/** Reads `whsec_…` or `whpk_…` (Ed25519 public key). Throws `KeyError`. */
export function parseVerifyingKey(text: string): VerifyingKey {
  if (text.startsWith('whsk_')) {
    throw new KeyError('whsk_… is a private key: the receiver needs its whpk_… half alone')
  }
  if (!text.startsWith('whpk_')) {
    const secret = parseSecret(text)
    return { kind: 'hmac', secret: createSecretKey(secret), fingerprint: fingerprintOf(secret) }
  }
  const bytes = decodeCanonical(text.slice('whpk_'.length), 'whpk_ key')
  if (bytes.length !== SEED_BYTES) {
    throw new KeyError(`whpk_ key has ${bytes.length} bytes, 32 are needed`)
  }
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_HEAD, bytes]),
    format: 'der',
    type: 'spki',
  })
  return { kind: 'ed25519', publicKey, fingerprint: fingerprintOf(bytes) }
}

export interface Signable {
  id: string
  /** Unix seconds. */
  timestamp: number
  body: Uint8Array
}

/** One entry of `webhook-signature`: `v1,…` or `v1a,…`, over `{id}.{timestamp}.{body}`. */
export function sign({ key, id, timestamp, body }: Signable & { key: SigningKey }): string {
  const content = signedContent(id, String(timestamp), body)
  return key.kind === 'hmac'
    ? `v1,${createHmac('sha256', key.secret).update(content).digest('base64')}`
    : `v1a,${signEd25519(null, content, key.privateKey).toString('base64')}`
}

/** The three headers, read: their shape and time are right, the signature is not looked at yet. */
export interface SignedHeaders {
  id: string
  timestamp: string
  /** `v1,…` and `v1a,…`; others are another version's. */
  signatures: readonly string[]
}

export type HeadersRead = { ok: true; headers: SignedHeaders } | { ok: false; reason: string }

/**
 * Reads the three headers: their shape, then the time (standardwebhooks.com, spec/standard-webhooks.md). The reason of a
 * refusal is for the log.
 */
export function readHeaders(
  given: { id: string | undefined; timestamp: string | undefined; signature: string | undefined },
  nowSeconds: number,
): HeadersRead {
  const { id, timestamp, signature } = given
  if (id === undefined || timestamp === undefined || signature === undefined) {
    return refuse('webhook-id, webhook-timestamp or webhook-signature is missing')
  }
  if (!/^[!-\-/-~]{1,256}$/.test(id)) {
    return refuse('webhook-id is not 1 to 256 visible characters without a dot')
  }
  if (!/^(?:0|[1-9]\d{0,14})$/.test(timestamp)) {
    return refuse('webhook-timestamp is not plain digits')
  }
  const age = nowSeconds - Number(timestamp)
  if (Math.abs(age) > TOLERANCE_SECONDS) {
    return refuse(`webhook-timestamp is ${Math.abs(age)} s ${age > 0 ? 'old' : 'in the future'}`)
  }
  const signatures = signature.split(' ').filter((entry) => entry !== '')
  if (signatures.length > MAX_SIGNATURES) {
    return refuse(
      `webhook-signature has ${signatures.length} entries, at most ${MAX_SIGNATURES} are read`,
    )
  }
  return { ok: true, headers: { id, timestamp, signatures } }
}

export type Verification = { ok: true; fingerprint: string } | { ok: false; reason: string }

/** Tries every signature with every key of its kind over the raw body. The reason of a refusal is for the log. */
export function verify(
  { id, timestamp, signatures }: SignedHeaders,
  body: Uint8Array,
  keys: readonly VerifyingKey[],
): Verification {
  const content = signedContent(id, timestamp, body)
  let found: VerifyingKey | undefined
  // every pair is tried, so that the time taken does not tell which key was right
  for (const entry of signatures) {
    for (const key of keys) if (fits(entry, key, content)) found ??= key
  }
  return found === undefined
    ? refuse('no signature fits any key')
    : { ok: true, fingerprint: found.fingerprint }
}

function fits(entry: string, key: VerifyingKey, content: Buffer): boolean {
  const [version, text = '', ...rest] = entry.split(',')
  if (rest.length > 0 || version !== (key.kind === 'hmac' ? 'v1' : 'v1a')) return false
  const given = Buffer.from(text, 'base64')
  if (given.toString('base64') !== text) return false
  if (key.kind === 'ed25519') {
    return given.length === 64 && verifyEd25519(null, content, key.publicKey, given)
  }
  const right = createHmac('sha256', key.secret).update(content).digest()
  return given.length === right.length && timingSafeEqual(given, right)
}

function signedContent(id: string, timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
}

function parseSecret(text: string): Buffer {
  const secret = decodeCanonical(text.replace(/^whsec_/, ''), 'whsec_ secret')
  if (secret.length >= MIN_SECRET_BYTES) return secret
  throw new KeyError(
    `whsec_ secret has ${secret.length} bytes, at least ${MIN_SECRET_BYTES} are needed: printf 'whsec_%s\\n' "$(openssl rand -base64 32)"`,
  )
}

/** One text for one value: anything but canonical base64 is refused. */
function decodeCanonical(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (text !== '' && bytes.toString('base64') === text) return bytes
  throw new KeyError(`${what} is not canonical base64 (standard alphabet, with its padding)`)
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES)
}

const fingerprintOf = (bytes: Uint8Array) =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 12)

const refuse = (reason: string): { ok: false; reason: string } => ({ ok: false, reason })
