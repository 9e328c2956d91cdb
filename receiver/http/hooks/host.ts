import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { Rejected } from '../auth/authentic.ts'

/**
 * The Host headers under which hooks are taken: the public one, with and without its port (Nginx's `$host` has none), and
 * the listening address for whoever asks from the machine itself.
 */
export function acceptedHosts(url: string, listen: { host: string; port: number }): Set<string> {
  const { host, hostname } = new URL(url)
  const names = [
    listen.host.includes(':') ? `[${listen.host}]` : listen.host,
    '127.0.0.1',
    'localhost',
  ]
  return new Set([host, hostname, ...names.map((name) => `${name}:${listen.port}`)])
}

/** Throws `Rejected` when a request is for another host than this receiver. */
export function requireOwnHost(
  c: Context,
  { hosts, url }: { hosts: ReadonlySet<string>; url: string },
): void {
  const host = c.req.raw.headers.get('host') ?? ''
  if (!hosts.has(host.toLowerCase())) {
    throw new Rejected(`Host ${JSON.stringify(host)} is not that of ${url}`)
  }
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  // it would go before the Host header (RFC 9112, section 3.2.2), and no sender of hooks has use for one
  if (incoming?.url?.startsWith('/') === false) throw new Rejected('the target is an absolute URL')
}
