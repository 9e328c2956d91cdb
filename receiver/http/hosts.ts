import { parseAddress } from '../core/ip-address.ts'
import { shorten } from '../core/shorten.ts'
import type { Arrival } from './arrival.ts'

/** Whether a `Host` header, in lower case, is one under which an address of the receiver is asked. */
export type IsOwnHost = (host: string) => boolean

/** Where a sub-app is asked: at the local socket, which no browser reaches, or at an address with hosts of its own. */
export type Place = { trusted: true } | { trusted: false; isOwnHost: IsOwnHost }

interface Listening {
  host: string
  port: number
}

/**
 * Of the public address: the host of `url`, with and without its port (Nginx's `$host` has none), and the listening address
 * for whoever asks from the machine itself.
 */
export function publicHosts(url: string, listen: Listening): IsOwnHost {
  const { host, hostname } = new URL(url)
  const names = [bracketed(listen.host), '127.0.0.1', 'localhost']
  const hosts = new Set([host, hostname, ...names.map((name) => `${name}:${listen.port}`)])
  return (asked) => hosts.has(asked)
}

/**
 * Of the admin address: any IP address and `localhost`, under any port, for people come through tunnels; the name in
 * `admin:`; the host of `url`. Not other names: a page in a browser on this machine may be served under a name which its
 * owner then lets resolve to 127.0.0.1, and would read here as if from its own origin (DNS rebinding).
 */
export function adminHosts(url: string, admin: Listening): IsOwnHost {
  const { hostname } = new URL(url)
  const names = new Set(['localhost', hostname, bracketed(admin.host)])
  return (asked) => {
    const [, name = ''] = /^(\[[^[\]]+\]|[^:]+)(?::\d{1,5})?$/.exec(asked) ?? []
    return names.has(name) || parseAddress(name.replace(/^\[|\]$/g, '')) !== undefined
  }
}

const MAX_SHOWN_CHARACTERS = 200

/** Why a request is for another host than this receiver; `undefined` when it is for this one. */
export function foreignHost(
  { headers, target }: Pick<Arrival, 'headers' | 'target'>,
  isOwnHost: IsOwnHost,
): string | undefined {
  const host = headers.get('host') ?? ''
  if (!isOwnHost(host.toLowerCase())) {
    return `Host ${JSON.stringify(shorten(host, MAX_SHOWN_CHARACTERS))} is not this receiver's`
  }
  // it would go before the Host header (RFC 9112, section 3.2.2), and no client of ours has use for one
  return target?.startsWith('/') === false ? 'the target is an absolute URL' : undefined
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
