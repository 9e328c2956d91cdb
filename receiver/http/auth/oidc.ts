import { hash } from 'node:crypto'
import { TokenError, type VerifyToken } from '../../core/intake/oidc-token.ts'
import type { ReadHeaders } from '../arrival.ts'
import { refusedClaim } from './claims.ts'
import { type AppCredentials, type Authentic, Rejected } from './authentic.ts'
import { shorten } from '../../core/shorten.ts'

const MAX_TOKEN_CHARACTERS = 16 * 1024
/** Claims that the audit trail keeps: who it was, from which run. */
const SHOWN = [
  'sub',
  'repository',
  'repository_id',
  'ref',
  'sha',
  'actor',
  'event_name',
  'head_ref',
  'environment',
  'job_workflow_ref',
  'run_id',
  'run_attempt',
]

/** A pull request's own run has a preview: whoever opens one chooses its code, and what that runs in has no secrets. */
const PREVIEW_EVENTS = ['pull_request']

/** The JWT of an `Authorization: Bearer` header. Throws `Rejected`. */
export function readBearer(headers: ReadHeaders): string {
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) {
    throw new Rejected('the Authorization header is not `Bearer` and a JWT')
  }
  return token
}

/** A token made for this hook and exactly this body, by an issuer that the app names. Throws `Rejected`. */
export async function verifyBearer(
  token: string,
  body: Uint8Array,
  {
    hookUrl,
    credentials: { oidc: rules, previews },
  }: { hookUrl: string; credentials: Pick<AppCredentials, 'oidc' | 'previews'> },
  verifyToken: VerifyToken,
): Promise<Authentic> {
  const ofPreviews = previews?.oidc ?? []
  const all = [...rules, ...ofPreviews]
  if (all.length === 0) throw new Rejected('the app accepts no OIDC token')
  const digest = hash('sha256', body)
  try {
    const { claims, ...verified } = await verifyToken(token, {
      issuers: [...new Set(all.map(({ issuer }) => issuer))],
      audience: `${hookUrl}#sha256=${digest}`,
    })
    const said = { issuer: verified.issuer, claims }
    const refused = refusedClaim(said, rules)
    const isForPreviews = refusedClaim(said, ofPreviews, PREVIEW_EVENTS) === undefined
    return {
      sender: { kind: 'oidc', issuer: verified.issuer, claims: shown(claims) },
      token: verified,
      ...(typeof claims['iat'] === 'number' ? { signedAt: claims['iat'] } : {}),
      ...(isForPreviews ? { previews: { claims } } : {}),
      ...(refused === undefined ? {} : { refused }),
      says: 'orders',
      mayDeploy: true,
    }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new Rejected(error.message, { retry: error.code === 'issuer_unavailable' })
  }
}

function shown(claims: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    SHOWN.flatMap((name) => {
      const value = Object.hasOwn(claims, name) ? claims[name] : undefined
      if (value === undefined) return []
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return [[name, shorten(text, 300)]]
    }),
  )
}
