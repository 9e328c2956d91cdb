import type { DatabaseSync } from 'node:sqlite'
import type { JSONWebKeySet } from 'jose'
import * as v from 'valibot'
import { readText } from '../../../protocol/read-body.ts'
import { TokenError } from '../../core/intake/oidc-token.ts'
import { type Reach, reachesOf } from '../../core/reach.ts'
import { shorten } from '../../core/shorten.ts'
import { readJson } from '../json.ts'
import { addressesOf, lookupWithin, requireReach, type ResolveName, resolveName } from '../reach.ts'

const FRESH_MS = 60 * 60 * 1000
/** Between two attempts at one issuer, failed ones included: strangers choose the `kid`. */
const COOLDOWN_MS = 30 * 1000
const DEADLINE_MS = 5000
const MAX_BYTES = 512 * 1024

/** So much is shown of what an issuer says, with the sign of a cut. */
const MAX_SHOWN = 300

const Discovery = v.object({ issuer: v.string(), jwks_uri: v.string() })
const Jwks = v.object({ keys: v.array(v.looseObject({ kty: v.string() })) })

/** The signing keys of issuers: kept in memory and in the store, so that an issuer's outage stops nobody. */
export interface IssuerKeys {
  /** Known keys, fetched anew when they are old. Throws `TokenError` when there are none. */
  get(issuer: string): Promise<JSONWebKeySet>
  /** Fetches, unless that was tried a moment ago: then the known keys. */
  refresh(issuer: string): Promise<JSONWebKeySet>
}

interface Network {
  resolve: ResolveName
  env: NodeJS.ProcessEnv
  /** Of each of an issuer's two answers. */
  deadlineMs: number
}

export function createIssuerKeys(
  database: DatabaseSync,
  now: () => number,
  { resolve = resolveName, env = process.env, deadlineMs = DEADLINE_MS }: Partial<Network> = {},
): IssuerKeys {
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
    const attempt = fetchKeys(issuer, { resolve, env, deadlineMs }).then((jwks) => {
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

/** An issuer may name keys of its own origin, or over TLS others: where they may be is said by `reachesOf`. */
async function fetchKeys(issuer: string, network: Network): Promise<JSONWebKeySet> {
  try {
    const { itself, elsewhere } = reachesOf(await addressesOf(new URL(issuer), network.resolve))
    const base = issuer.replace(/\/$/, '')
    const document = new URL(`${base}/.well-known/openid-configuration`)
    const discovery = read(Discovery, await getText(document, itself, network), document)
    if (discovery.issuer !== issuer) {
      throw new Error(`its discovery document is that of ${discovery.issuer}`)
    }
    const keys = new URL(discovery.jwks_uri)
    const isItsOwn = keys.origin === document.origin
    if (!isItsOwn && keys.protocol !== 'https:') {
      throw new Error(`jwks_uri ${keys.href} is neither https nor at ${document.origin}`)
    }
    return read(Jwks, await getText(keys, isItsOwn ? itself : elsewhere, network), keys)
  } catch (cause) {
    const reason = shorten(reasonOf(cause), MAX_SHOWN - 1)
    throw new TokenError('issuer_unavailable', `cannot fetch the keys of ${issuer}: ${reason}`, {
      cause,
    })
  }
}

async function getText(url: URL, reach: Reach, network: Network): Promise<string> {
  requireReach(url, reach)
  const { Agent, EnvHttpProxyAgent, fetch } = await import('undici')
  const connect = { lookup: lookupWithin(reach, network.resolve) }
  // through a proxy only when Node's own clients are to use one
  const isByProxy = network.env['NODE_USE_ENV_PROXY'] === '1'
  const dispatcher = isByProxy ? new EnvHttpProxyAgent({ connect }) : new Agent({ connect })
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(network.deadlineMs),
      headers: { accept: 'application/json' },
      dispatcher,
    })
    if (!response.ok) throw new Error(`${url.href} answered ${response.status}`)
    return await readText(response.body, MAX_BYTES)
  } finally {
    await dispatcher.destroy()
  }
}

function read<const S extends v.GenericSchema>(schema: S, text: string, from: URL) {
  const found = readJson(schema, text)
  if (found === undefined) throw new Error(`what ${from.href} answered is not what it has to be`)
  return found
}

/** fetch hides what went wrong in a cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
