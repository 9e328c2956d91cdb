import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Agent, EnvHttpProxyAgent, fetch as fetchBy } from 'undici'
import { type Tls, tlsOf } from './tls.ts'

/** What Docker was told of registries, in its `daemon.json` and by its flags. */
export interface RegistrySettings {
  /** `host[:port]` that may have a certificate of nobody's, or none at all. */
  insecureHosts: readonly string[]
  /** Networks, like `10.0.0.0/8`, of which that is so. */
  insecureRanges: readonly string[]
  /** Base URLs of mirrors of Docker Hub. */
  mirrors: readonly string[]
  /** As in HTTP_PROXY, HTTPS_PROXY and NO_PROXY; `''` for none. */
  proxies: { http: string; https: string; except: string }
}

/** One way to a registry. */
export interface Way {
  /** Where its API is: `https://registry-1.docker.io`. */
  origin: string
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
  of(registry: string): Promise<WaysTo>
  /** What is kept for a registry did not lead there: the next time it is found anew. */
  forget(registry: string): void
}

/** Changes of Docker's settings and certificates are seen after so long, or when a registry cannot be reached. */
const KEEP_MS = 10 * 60_000
const CONNECT_MS = 10_000
const FIND_SCHEME_MS = 5000
const CERTIFICATES = '/etc/docker/certs.d'
export const ON_THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
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
  const kept = new Map<string, { until: number; ways: WaysTo }>()

  const wayTo = async (url: URL, isMirror: boolean, told: RegistrySettings | undefined) => {
    const isInsecure = await isCalledInsecure(url, told)
    const fetch = fetchFor(url, tlsOf(url.host, certificates), { isInsecure, env, told })
    const spoken = isInsecure && !isMirror ? await schemeOf(url.host, fetch) : url.protocol
    const way: Way = { origin: `${spoken ?? 'http:'}//${url.host}`, isMirror, fetch }
    return { way, isSure: spoken !== undefined }
  }

  const find = async (registry: string) => {
    // without Docker nothing was said: every registry off this machine has to prove who it is
    const told = await settings().catch(() => undefined)
    const isHub = registry === 'docker.io'
    // Docker Hub's name is not where its API is
    const base = new URL(`https://${isHub ? 'registry-1.docker.io' : registry}`)
    const { way: own, isSure } = await wayTo(base, false, told)
    const urls = isHub ? (told?.mirrors ?? []) : []
    const mirrors = await Promise.all(urls.map((url) => wayTo(new URL(url), true, told)))
    const ways = { own, mirrors: mirrors.map(({ way }) => way) }
    if (told !== undefined && isSure) {
      kept.set(registry, { until: now() + KEEP_MS, ways })
    }
    return ways
  }

  return {
    async of(registry) {
      const before = kept.get(registry)
      return before !== undefined && now() < before.until ? before.ways : find(registry)
    },
    forget: (registry) => void kept.delete(registry),
  }
}

/** Whether Docker would forgo trust: it was told so, or it is on this machine. */
async function isCalledInsecure(
  { host, hostname }: URL,
  told: RegistrySettings | undefined,
): Promise<boolean> {
  if (hostname === 'localhost' || told?.insecureHosts.includes(host) === true) return true
  const ranges = new BlockList()
  const texts = [...LOOPBACK, ...(told?.insecureRanges ?? [])]
  for (const text of texts) {
    const [address = '', bits] = text.split('/')
    const family = isIP(address)
    if (family !== 0) ranges.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4')
  }
  const isInside = (address: string) => ranges.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  const literal = hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0) return isInside(literal)
  // names are looked up for ranges that somebody set, not for loopback, which is always among them
  if (texts.every((text) => LOOPBACK.includes(text))) return false
  const addresses = await lookup(hostname, { all: true }).catch(() => [])
  return addresses.some(({ address }) => isInside(address))
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
  {
    isInsecure,
    env,
    told,
  }: { isInsecure: boolean; env: NodeJS.ProcessEnv; told: RegistrySettings | undefined },
): Way['fetch'] {
  const authorities = ca === undefined ? {} : { ca }
  const there = dispatchers({ ...authorities, ...ours, rejectUnauthorized: !isInsecure }, env, told)
  const elsewhere = dispatchers(authorities, env, told)
  const fetch = (to: URL | string, init: object) => {
    const url = new URL(to)
    const { direct, proxied } = url.host === host ? there : elsewhere
    // nothing on this machine is asked through a proxy, as in Go
    const dispatcher = ON_THIS_MACHINE.test(url.hostname) ? direct : proxied
    return fetchBy(url, { ...init, dispatcher })
  }
  return fetch as typeof globalThis.fetch
}

function dispatchers(
  tls: Tls & { rejectUnauthorized?: boolean },
  env: NodeJS.ProcessEnv,
  told: RegistrySettings | undefined,
) {
  const connect = { ...tls, timeout: CONNECT_MS }
  const set = (name: string) => env[name.toLowerCase()] ?? env[name]
  return {
    direct: new Agent({ connect }),
    proxied: new EnvHttpProxyAgent({
      connect,
      requestTls: connect,
      httpProxy: set('HTTP_PROXY') ?? told?.proxies.http ?? '',
      httpsProxy: set('HTTPS_PROXY') ?? told?.proxies.https ?? '',
      noProxy: set('NO_PROXY') ?? told?.proxies.except ?? '',
    }),
  }
}
