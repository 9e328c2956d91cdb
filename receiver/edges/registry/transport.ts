import type { LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici'
import { type IpAddress, isInside, parseNetwork } from '../../core/ip-address.ts'
import { type Reach, reachesOf } from '../../core/reach.ts'
import { addressesOf, lookupWithin, requireReach, type ResolveName, resolveName } from '../reach.ts'
import { ProxyError } from './failures.ts'
import { type Proxies, proxiesFrom, proxyFor } from './proxy.ts'
import { type Tls, tlsOf } from './tls.ts'

/** Loaded with the first question. */
type Undici = typeof import('undici')

/** What Docker was told of registries, in its `daemon.json` and by its flags. */
export interface RegistrySettings {
  /** `host[:port]` that may have a certificate of nobody's, or none at all. */
  insecureHosts: readonly string[]
  /** Networks, like `10.0.0.0/8`, of which that is so. */
  insecureRanges: readonly string[]
  proxies: Proxies
}

/** How one registry is reached. */
export interface Route {
  /** What stands before `/v2/`: `https://registry-1.docker.io`. */
  base: string
  fetch: typeof globalThis.fetch
}

/** How registries are reached. */
export interface Transport {
  /** Throws `DeployError`. */
  to(registry: string, signal: AbortSignal): Promise<Route>
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
 * Finds the way to a registry as Docker would go, by its settings and its `certs.d`: over TLS, with the proxies there are;
 * to one on loopback, or that Docker calls insecure, also without trust or in plain HTTP. Docker's mirrors are for its pulls: of
 * what a tag is now, a mirror may be behind. Where a registry may have us go is said by `reachesOf`; behind a proxy, which resolves
 * names itself, that holds for addresses.
 */
export function createTransport({
  settings,
  env,
  certificates = CERTIFICATES,
  now = Date.now,
  resolve = resolveName,
}: {
  settings: () => Promise<RegistrySettings>
  env: NodeJS.ProcessEnv
  certificates?: string
  now?: () => number
  resolve?: ResolveName
}): Transport {
  const kept = new Map<string, { until: number; route: Promise<Route> }>()

  const find = async (registry: string): Promise<Route> => {
    // without Docker nothing was said: every registry off this machine has to prove who it is
    const told = await settings().catch(() => undefined)
    // Docker Hub's name is not where its API is
    const url = new URL(`https://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}`)
    const addresses = await addressesOf(url, resolve)
    const isInsecure = isCalledInsecure(url.host, addresses, told)
    const fetch = fetchFor(url, tlsOf(url.host, certificates), {
      isInsecure,
      proxies: proxiesFrom(env, told?.proxies),
      reaches: reachesOf(addresses),
      resolve,
    })
    const scheme = isInsecure ? await schemeOf(url.host, fetch) : 'https:'
    // found in haste, or not at all: the next time is another one
    if (told === undefined || scheme === undefined) kept.delete(registry)
    return { base: `${scheme ?? 'http:'}//${url.host}`, fetch }
  }

  return {
    async to(registry, signal) {
      const before = kept.get(registry)
      if (before !== undefined && now() < before.until) return abortable(before.route, signal)
      const route = find(registry)
      kept.set(registry, { until: now() + KEEP_MS, route })
      route.catch(() => kept.delete(registry))
      return abortable(route, signal)
    },
    forget: (registry) => void kept.delete(registry),
  }
}

/** What `work` resolves to, unless the signal aborts first: for what cannot be called off. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Whether Docker would forgo trust: it was told so, or it is on this machine. */
function isCalledInsecure(
  host: string,
  addresses: readonly IpAddress[],
  told: RegistrySettings | undefined,
): boolean {
  if (told?.insecureHosts.includes(host) === true) return true
  const ranges = [...LOOPBACK, ...(told?.insecureRanges ?? [])].flatMap(
    (range) => parseNetwork(range) ?? [],
  )
  return addresses.length > 0 && addresses.every((address) => isInside(address, ranges))
}

/** What an insecure registry speaks; `undefined` when it does not answer. */
async function schemeOf(host: string, fetch: Route['fetch']): Promise<string | undefined> {
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
  {
    isInsecure,
    proxies,
    reaches,
    resolve,
  }: {
    isInsecure: boolean
    proxies: Proxies
    reaches: Record<'itself' | 'elsewhere', Reach>
    resolve: ResolveName
  },
): Route['fetch'] {
  const authorities = ca === undefined ? {} : { ca }
  const itself = {
    reach: reaches.itself,
    by: dispatchers({
      ...authorities,
      ...ours,
      rejectUnauthorized: !isInsecure,
      lookup: lookupWithin(reaches.itself, resolve),
    }),
  }
  const elsewhere = {
    reach: reaches.elsewhere,
    by: dispatchers({ ...authorities, lookup: lookupWithin(reaches.elsewhere, resolve) }),
  }
  const fetch = async (to: URL | string, init: object) => {
    const url = new URL(to)
    const { reach, by } = url.host === host ? itself : elsewhere
    requireReach(url, reach)
    const proxy = proxyFor(url, proxies)
    const undici = await import('undici')
    try {
      return await undici.fetch(url, { ...init, dispatcher: by(undici, proxy) })
    } catch (error) {
      if (proxy === undefined) throw error
      throw new ProxyError(proxy.host, { cause: error })
    }
  }
  return fetch as typeof globalThis.fetch
}

/** Connections with these settings, of their own for each proxy. */
function dispatchers({
  lookup,
  ...tls
}: Tls & { rejectUnauthorized?: boolean; lookup: LookupFunction }) {
  const requestTls = { ...tls, timeout: CONNECT_MS }
  const made = new Map<string, Dispatcher>()
  return ({ Agent, ProxyAgent }: Undici, proxy: URL | undefined): Dispatcher => {
    const uri = proxy?.href ?? ''
    const dispatcher =
      made.get(uri) ??
      (uri === ''
        ? new Agent({ connect: { ...requestTls, lookup } })
        : new ProxyAgent({ uri, requestTls }))
    made.set(uri, dispatcher)
    return dispatcher
  }
}
