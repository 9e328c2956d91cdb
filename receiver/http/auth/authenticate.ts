import type { VerifyingKey } from '../../../protocol/standard-webhooks.ts'
import type { IdempotencyKey } from '../../core/intake/submit.ts'
import type { VerifyToken } from '../../core/intake/tokens.ts'
import { type BasicCredentials, readBasic, verifyBasic } from './basic.ts'
import type { ClaimRule } from './claims.ts'
import { readGithub, verifyGithub } from './github.ts'
import { readBearer, verifyBearer } from './oidc.ts'
import { Rejected } from './rejected.ts'
import type { Sender } from '../../core/intake/audit.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'

/** What an app accepts; keys are parsed once, when the config is read. */
export interface AppCredentials {
  oidc: readonly ClaimRule[]
  webhookKeys: readonly VerifyingKey[]
  basic: BasicCredentials
  /** Secrets of GitHub webhooks. */
  github: readonly string[]
}

/** An authentic request: who sent it, and what its kind allows and demands. */
export interface Authentic {
  sender: Sender
  /** What the signature itself names as its idempotency key. */
  key?: IdempotencyKey
  token?: { issuer: string; jti: string; expiresAt: number }
  /** Authentic, but its claims are not allowed: why. */
  refused?: string
  /** `orders`: the body is ours. `payloads`: it is what a registry or GitHub says, a hint. `both`: either. */
  says: 'orders' | 'payloads' | 'both'
  /** Whether it may name an `image`. */
  mayDeploy: boolean
}

/** Checks a read request's signature over the raw bytes. Throws `Rejected`. */
export type VerifySender = (
  body: Uint8Array,
  app: { name: string; hookUrl: string; credentials: AppCredentials },
) => Promise<Authentic> | Authentic

/** A request whose credentials have the right shape and time; nothing of them is verified yet. */
export interface Claimed {
  kind: Sender['kind']
  verify: VerifySender
}

type Read = (headers: Headers, nowSeconds: number, verifyToken: VerifyToken) => VerifySender

/** Each kind of credentials: how it is told, and how it is read. */
const KINDS: readonly { kind: Sender['kind']; shows: (headers: Headers) => boolean; read: Read }[] =
  [
    {
      kind: 'oidc',
      shows: (headers) => schemeOf(headers) === 'bearer',
      read: (headers, _now, verifyToken) => {
        const token = readBearer(headers)
        return (body, app) => verifyBearer(token, body, app, verifyToken)
      },
    },
    {
      kind: 'basic',
      shows: (headers) => schemeOf(headers) === 'basic',
      read: (headers) => {
        const given = readBasic(headers)
        return (_body, app) => verifyBasic(given, app)
      },
    },
    {
      kind: 'webhook',
      shows: (headers) =>
        ['webhook-id', 'webhook-timestamp', 'webhook-signature'].some((name) => headers.has(name)),
      read: (headers, now) => {
        const given = readWebhook(headers, now)
        return (body, app) => verifyWebhook(given, body, app)
      },
    },
    {
      kind: 'github',
      shows: (headers) => headers.has('x-hub-signature-256'),
      read: (headers) => {
        const given = readGithub(headers)
        return (body, app) => verifyGithub(given, body, app)
      },
    },
  ]

/**
 * Reads the one kind of credentials that a request carries: their shape, and the time where the headers have one. No
 * algorithm is taken from the request, and nothing of the body is read. Throws `Rejected`.
 */
export function readCredentials(
  headers: Headers,
  nowSeconds: number,
  verifyToken: VerifyToken,
): Claimed {
  const shown = KINDS.filter(({ shows }) => shows(headers))
  const [only] = shown
  if (only === undefined) {
    throw new Rejected(
      headers.has('authorization')
        ? 'the Authorization header is neither Bearer nor Basic'
        : 'no credentials',
    )
  }
  if (shown.length > 1) {
    throw new Rejected(`${shown.map(({ kind }) => kind).join(' and ')} credentials at once`)
  }
  if (only.kind !== 'oidc' && only.kind !== 'basic' && headers.has('authorization')) {
    throw new Rejected(`${only.kind} credentials with an Authorization header`)
  }
  return { kind: only.kind, verify: only.read(headers, nowSeconds, verifyToken) }
}

const schemeOf = (headers: Headers) => headers.get('authorization')?.split(' ', 1)[0]?.toLowerCase()
