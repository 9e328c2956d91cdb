import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, type Dispatcher, fetch as fetchBy, ProxyAgent } from 'undici'
import { until } from '../until.ts'
import { isInside, type Proxies, proxiesFrom, proxyFor } from './proxy.ts'
import { type Tls, tlsOf } from './tls.ts'

/** What Docker was told of registries, in its `daemon.json` and by its flags. */
export interface RegistrySettings {
  /** `host[:port]` that may have a certificate of nobody's, or none at all. */
  insecureHosts: readonly string[]
  /** Networks, like `10.0.0.0/8`, of which that is so. */
  insecureRanges: readonly string[]
  /** Base URLs of mirrors of Docker Hub. */
  mirrors: readonly string[]
  proxies: Proxies
}

/** One way to a registry. */
export interface Way {
  /** What stands before `/v2/`: `https://registry-1.docker.io`. */
  base: string
  /** A mirror is asked without a login. */
  isMirror: boolean
  fetch: typeof globalThis.fetch
}

/** The registry itself, and what stands in for it when it cannot be had: what it says of a tag is newer. */
export interface WaysTo {
  own: Way
  mirrors: readonly Way[]
}

/** How registries are reached. */
export interface Ways {
  /** Throws `DeployError`. */
  of(registry: string, signal: AbortSignal): Promise<WaysTo>
  /** What is kept for a registry did not lead there: the next time it is found anew. */
  forget(registry: string): void
}

/** Changes of Docker's settings and certificates are seen after so long, or when a registry cannot be reached. */
const KEEP_MS = 10 * 60_000
const CONNECT_MS = 5000
const FIND_SCHEME_MS = 3000
const CERTIFICATES = '/etc/docker/certs.d'
const LOOPBACK = ['127.0.0.0/8', '::1/128']

/**
 * Finds the ways to a registry as Docker would go, by its settings and its `certs.d`: over TLS, with the proxies there are;
 * one on loopback, or that Docker calls insecure, also without trust or in plain HTTP.
 */
export function createWays({
  settings,
  env,
  certificates = CERTIFICATES,
  now = Date.now,
}: {
  settings: () => Promise<RegistrySettings>
  env: NodeJS.ProcessEnv
  certificates?: string
  now?: () => number
}): Ways {
  const kept = new Map<string, { until: number; ways: Promise<WaysTo> }>()

  const find = async (registry: string): Promise<WaysTo> => {
    // without Docker nothing was said: every registry off this machine has to prove who it is
    const told = await settings().catch(() => undefined)
    const proxies = proxiesFrom(env, told?.proxies)
    const isHub = registry === 'docker.io'
    // Docker Hub's name is not where its API is
    const url = new URL(`https://${isHub ? 'registry-1.docker.io' : registry}`)
    const isInsecure = await isCalledInsecure(url, told)
    const fetch = fetchFor(url, tlsOf(url.host, certificates), { isInsecure, proxies })
    const scheme = isInsecure ? await schemeOf(url.host, fetch) : 'https:'
    // found in haste, or not at all: the next time is another one
    if (told === undefined || scheme === undefined) kept.delete(registry)
    const mirrors = await Promise.all(
      (isHub ? (told?.mirrors ?? []) : []).map(async (text) => {
        const at = new URL(text)
        const options = { isInsecure: await isCalledInsecure(at, told), proxies }
        const asked = fetchFor(at, tlsOf(at.host, certificates), options)
        return { base: text.replace(/\/+$/, ''), isMirror: true, fetch: asked }
      }),
    )
    return { own: { base: `${scheme ?? 'http:'}//${url.host}`, isMirror: false, fetch }, mirrors }
  }

  return {
    async of(registry, signal) {
      const before = kept.get(registry)
      if (before !== undefined && now() < before.until) return until(before.ways, signal)
      const ways = find(registry)
      kept.set(registry, { until: now() + KEEP_MS, ways })
      ways.catch(() => kept.delete(registry))
      return until(ways, signal)
    },
    forget: (registry) => void kept.delete(registry),
  }
}

/** Whether Docker would forgo trust: it was told so, or it is on this machine. */
async function isCalledInsecure(
  { host, hostname }: URL,
  told: RegistrySettings | undefined,
): Promise<boolean> {
  if (told?.insecureHosts.includes(host) === true) return true
  const ranges = [...LOOPBACK, ...(told?.insecureRanges ?? [])]
  const literal = hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0) return isInside(literal, ranges)
  const addresses = await lookup(hostname, { all: true }).catch(() => [])
  return addresses.some(({ address }) => isInside(address, ranges))
}

/** What an insecure registry speaks; `undefined` when it does not answer. */
async function schemeOf(host: string, fetch: Way['fetch']): Promise<string | undefined> {
  for (const scheme of ['https:', 'http:']) {
    const options = { redirect: 'manual', signal: AbortSignal.timeout(FIND_SCHEME_MS) } as const
    const response = await fetch(`${scheme}//${host}/v2/`, options).catch(() => undefined)
    await response?.body?.cancel()
    if (response !== undefined) return scheme
  }
  return undefined
}

/** Requests to a registry, and to where it sends us: there, its authorities count, but no forgone trust and no certificate of ours. */
function fetchFor(
  { host }: URL,
  { ca, ...ours }: Tls,
  { isInsecure, proxies }: { isInsecure: boolean; proxies: Proxies },
): Way['fetch'] {
  const authorities = ca === undefined ? {} : { ca }
  const there = dispatchers({ ...authorities, ...ours, rejectUnauthorized: !isInsecure })
  const elsewhere = dispatchers(authorities)
  const fetch = async (to: URL | string, init: object) => {
    const url = new URL(to)
    const by = url.host === host ? there : elsewhere
    return fetchBy(url, { ...init, dispatcher: by(proxyFor(url, proxies)) })
  }
  return fetch as typeof globalThis.fetch
}

/** Connections with these settings, of their own for each proxy. */
function dispatchers(tls: Tls & { rejectUnauthorized?: boolean }) {
  const connect = { ...tls, timeout: CONNECT_MS }
  const made = new Map<string, Dispatcher>()
  return (proxy: URL | undefined): Dispatcher => {
    const uri = proxy?.href ?? ''
    const dispatcher =
      made.get(uri) ??
      (uri === '' ? new Agent({ connect }) : new ProxyAgent({ uri, requestTls: connect }))
    made.set(uri, dispatcher)
    return dispatcher
  }
}
