import type { DatabaseSync } from 'node:sqlite'
import type { JSONWebKeySet } from 'jose'
import * as v from 'valibot'
import { TokenError } from '../../core/intake/oidc-token.ts'

const FRESH_MS = 60 * 60 * 1000
/** Between two attempts at one issuer, failed ones included: strangers choose the `kid`. */
const COOLDOWN_MS = 30 * 1000
const TIMEOUT_MS = 5000
const MAX_BYTES = 512 * 1024

const Discovery = v.object({ issuer: v.string(), jwks_uri: v.string() })
const Jwks = v.object({ keys: v.array(v.looseObject({ kty: v.string() })) })

/** The signing keys of issuers: kept in memory and in the store, so that an issuer's outage stops nobody. */
export interface IssuerKeys {
  /** Known keys, fetched anew when they are old. Throws `TokenError` when there are none. */
  get(issuer: string): Promise<JSONWebKeySet>
  /** Fetches, unless that was tried a moment ago: then the known keys. */
  refresh(issuer: string): Promise<JSONWebKeySet>
}

export function createIssuerKeys(database: DatabaseSync, now: () => number): IssuerKeys {
  const select = database.prepare('SELECT jwks, fetched_at FROM issuer_keys WHERE issuer = ?')
  const upsert = database.prepare(
    `INSERT INTO issuer_keys (issuer, jwks, fetched_at) VALUES (?, ?, ?)
     ON CONFLICT (issuer) DO UPDATE SET jwks = excluded.jwks, fetched_at = excluded.fetched_at`,
  )
  const known = (issuer: string) => {
    const row = select.get(issuer)
    if (row === undefined) return undefined
    return {
      jwks: JSON.parse(String(row['jwks'])) as JSONWebKeySet,
      fetchedAt: Number(row['fetched_at']),
    }
  }
  const tried = new Map<string, { at: number; attempt: Promise<JSONWebKeySet> }>()

  const refresh = async (issuer: string): Promise<JSONWebKeySet> => {
    const last = tried.get(issuer)
    if (last !== undefined && now() - last.at < COOLDOWN_MS) return last.attempt
    const attempt = fetchKeys(issuer).then((jwks) => {
      upsert.run(issuer, JSON.stringify(jwks), now())
      return jwks
    })
    tried.set(issuer, { at: now(), attempt })
    return attempt
  }

  return {
    refresh,
    async get(issuer) {
      const cached = known(issuer)
      if (cached === undefined) return refresh(issuer)
      if (now() - cached.fetchedAt < FRESH_MS) return cached.jwks
      return refresh(issuer).catch(() => cached.jwks)
    },
  }
}

async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  try {
    const base = issuer.replace(/\/$/, '')
    const discovery = v.parse(Discovery, await getJson(`${base}/.well-known/openid-configuration`))
    if (discovery.issuer !== issuer) {
      throw new Error(`its discovery document is that of ${discovery.issuer}`)
    }
    if (new URL(discovery.jwks_uri).protocol !== new URL(issuer).protocol) {
      throw new Error(`jwks_uri ${discovery.jwks_uri} has another scheme`)
    }
    return v.parse(Jwks, await getJson(discovery.jwks_uri))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TokenError('issuer_unavailable', `cannot fetch the keys of ${issuer}: ${reason}`, {
      cause,
    })
  }
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const text = await response.text()
  if (text.length > MAX_BYTES) throw new Error(`${url} answered more than ${MAX_BYTES} bytes`)
  return JSON.parse(text)
}
