import type { Context, MiddlewareHandler } from 'hono'
import { arrivalIn } from '../arrival.ts'
import { foreignHost, type IsOwnHost } from '../hosts.ts'
import { ProblemError } from '../problem.ts'

export interface OriginServices {
  hosts: { admin: IsOwnHost }
  /** Hosts under which Nginx has it for browsers, over https alone. */
  pageHosts: readonly string[]
}

const hostOf = (c: Context): string => (c.req.raw.headers.get('host') ?? '').toLowerCase()

/** Whether the browser speaks https: the names of the page's sites are served so alone, and an address of this machine never. */
export const isSecure = (c: Context, { pageHosts }: OriginServices): boolean =>
  pageHosts.includes(hostOf(c).replace(/:\d{1,5}$/, ''))

export const originOf = (c: Context, services: OriginServices): string =>
  `${isSecure(c, services) ? 'https' : 'http'}://${hostOf(c)}`

/**
 * Answers only under names of its own, and takes what changes something from its own pages alone: a browser says where a request
 * comes from, and no other site can keep it from that.
 */
export function requireOwnOrigin(services: OriginServices): MiddlewareHandler {
  return async (c, next) => {
    const isOwn: IsOwnHost = (host) => services.hosts.admin(host) || isSecure(c, services)
    const foreign = foreignHost(arrivalIn(c), isOwn)
    if (foreign !== undefined) {
      throw new ProblemError('origin_not_allowed', foreign, {
        hint: 'open it under page.domain, or at the address of `admin:` by IP address or as localhost',
      })
    }
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const origin = c.req.header('origin')
      if (origin !== originOf(c, services)) {
        const sent = JSON.stringify((origin ?? '').slice(0, 200))
        throw new ProblemError('origin_not_allowed', `Origin ${sent} is not this page's`, {
          hint: 'open the page itself and press its button',
        })
      }
    }
    await next()
  }
}
