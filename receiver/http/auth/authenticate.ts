import { createHash } from 'node:crypto'
import { TokenError, type VerifyToken } from '../../core/tokens.ts'
import { type VerifyingKey, verify } from '../../../protocol/standard-webhooks.ts'
import type { ClaimRule } from './claims.ts'
import { refusedClaim } from './claims.ts'

/** What an app accepts; keys are parsed once, when the config is read. */
export interface AppCredentials {
  oidc: readonly ClaimRule[]
  webhookKeys: readonly VerifyingKey[]
}

/** An authentic sender. */
export interface Sender {
  kind: 'oidc' | 'webhook' | 'socket'
  /** For the log: a key's fingerprint, or who the token was issued for. */
  who: string
  /** The signature's own idempotency key. */
  webhookId?: string
  token?: { issuer: string; jti: string; expiresAt: number }
  /** Authentic, but its claims are not allowed: why. */
  refused?: string
}

/** The precise reason goes to the log alone; strangers learn only that they were rejected. */
export class Rejected extends Error {
  readonly retry: boolean

  constructor(reason: string, { retry = false } = {}) {
    super(reason)
    this.name = 'Rejected'
    this.retry = retry
  }
}

const MAX_TOKEN_CHARACTERS = 16 * 1024

/**
 * Who sent these raw bytes. Exactly one kind of credentials must be there, of a kind that the app accepts. Nothing of the
 * body is parsed. Throws `Rejected`.
 */
export async function authenticate(
  request: { headers: Headers; body: Uint8Array; hookUrl: string; nowSeconds: number },
  credentials: AppCredentials | undefined,
  verifyToken: VerifyToken,
): Promise<Sender> {
  const { headers } = request
  const authorization = headers.get('authorization')
  const isWebhook = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].some((name) =>
    headers.has(name),
  )
  if (authorization !== null && isWebhook) throw new Rejected('two kinds of credentials at once')
  if (isWebhook) return byWebhook(request, credentials?.webhookKeys ?? [])
  if (authorization === null) throw new Rejected('no credentials')
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1]
  if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) {
    throw new Rejected('the Authorization header is not `Bearer` and a JWT')
  }
  return byToken(token, request, credentials?.oidc ?? [], verifyToken)
}

function byWebhook(
  { headers, body, nowSeconds }: { headers: Headers; body: Uint8Array; nowSeconds: number },
  keys: readonly VerifyingKey[],
): Sender {
  if (keys.length === 0) throw new Rejected('the app accepts no Standard Webhooks signature')
  const id = headers.get('webhook-id') ?? undefined
  const result = verify({
    id,
    timestamp: headers.get('webhook-timestamp') ?? undefined,
    signature: headers.get('webhook-signature') ?? undefined,
    body,
    keys,
    nowSeconds,
  })
  if (!result.ok) throw new Rejected(result.reason)
  return {
    kind: 'webhook',
    who: `key ${result.fingerprint}`,
    ...(id === undefined ? {} : { webhookId: id }),
  }
}

async function byToken(
  token: string,
  { body, hookUrl }: { body: Uint8Array; hookUrl: string },
  rules: readonly ClaimRule[],
  verifyToken: VerifyToken,
): Promise<Sender> {
  if (rules.length === 0) throw new Rejected('the app accepts no OIDC token')
  const digest = createHash('sha256').update(body).digest('hex')
  try {
    const { claims, ...verified } = await verifyToken(token, {
      issuers: rules.map(({ issuer }) => issuer),
      audience: `${hookUrl}#sha256=${digest}`,
    })
    const refused = refusedClaim({ issuer: verified.issuer, claims }, rules)
    return {
      kind: 'oidc',
      who: `${verified.issuer} ${JSON.stringify(claims['repository'] ?? claims['sub'] ?? '')}`,
      token: verified,
      ...(refused === undefined ? {} : { refused }),
    }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new Rejected(error.message, { retry: error.code === 'issuer_unavailable' })
  }
}
