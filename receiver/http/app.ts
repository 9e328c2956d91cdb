import { Hono, type HonoRequest } from 'hono'
import type { Log } from '../core/log.ts'
import { type AdminServices, createAdmin } from './admin/admin.ts'
import type { TerminalServices } from './admin/terminal.ts'
import { type HealthServices, readHealth } from './healthz.ts'
import { createHooks, type HookServices } from './hooks/hooks.ts'
import { endBodyOfHead } from './head.ts'
import { createGate } from './hooks/gate.ts'
import type { IsOwnHost, Place } from './hosts.ts'
import { type LimitServices, rateLimit } from './limits/rate-limit.ts'
import type { Answering } from './listen.ts'
import { problemOf } from './problem-of.ts'
import { ProblemError, problemResponse } from './problem.ts'
import { requestId } from './request-id.ts'
import { createPage, type PageServices } from './page/page.ts'
import { createMetrics, type MetricsServices } from './read/metrics.ts'
import { createReading, type ReadServices } from './read/reading.ts'
import { securityHeaders } from './security-headers.ts'

/** All that the sub-apps need, made once in `serve`; each takes its own part of it. */
export type Services = HookServices &
  ReadServices &
  MetricsServices &
  AdminServices &
  PageServices &
  TerminalServices &
  LimitServices &
  HealthServices & { log: Log; hosts: Record<'public' | 'admin', IsOwnHost> }

/**
 * What stands at which address. The public one is for senders of hooks, behind Nginx. The local socket is trusted: its
 * file mode says who may use it. The admin address is for people and monitors near the machine, with a read token.
 */
const ADDRESSES = {
  public: { trusted: false, parts: ['hooks', 'read'] },
  socket: { trusted: true, parts: ['hooks', 'read', 'metrics', 'admin'] },
  admin: { trusted: false, parts: ['read', 'metrics', 'page'] },
} as const satisfies Record<string, Address>

/** Administration asks for no credentials: without trust it does not compile. */
type Address =
  | { trusted: true; parts: readonly Part[] }
  | { trusted: false; parts: readonly Exclude<Part, 'admin'>[] }
type Part = keyof typeof PARTS

const PARTS = {
  hooks: createHooks,
  read: createReading,
  metrics: createMetrics,
  admin: createAdmin,
  page: (services: Services) =>
    new Hono().route('/page', createPage(services)).get('/', (c) => c.redirect('/page/apps', 302)),
}

/** What answers at one of the receiver's addresses: its routes, and a gate where strangers send hooks. */
export function createEntrance(services: Services, address: keyof typeof ADDRESSES): Answering {
  const { trusted, parts } = ADDRESSES[address]
  const { fetch } = createApp(services, address)
  return !trusted && isIn('hooks', parts) ? { fetch, gate: createGate(services) } : { fetch }
}

const isIn = (part: Part, parts: readonly Part[]) => parts.includes(part)

/** The receiver's routes at one of its addresses. */
export function createApp(services: Services, address: keyof typeof ADDRESSES): Hono {
  const { parts } = ADDRESSES[address]
  const place: Place =
    address === 'socket'
      ? { trusted: true }
      : { trusted: false, isOwnHost: (host) => services.hosts[address](host) }
  const app = new Hono()
  app.use(endBodyOfHead, securityHeaders)
  app.get('/healthz', (c) => readHealth(c, services, place))
  app.use(requestId(services))
  if (!place.trusted) app.use(rateLimit(services))
  // made of all shapes when somebody wants it, which is seldom
  app.get('/openapi.json', async (c) =>
    c.json((await import('./openapi/openapi.ts')).describe(services)),
  )
  for (const part of parts) app.route('/', PARTS[part](services, place))
  app.notFound((c) => problemResponse(notFound(c.req, parts, services.url), c.get('requestId')))
  app.onError((error, c) => problemResponse(problemOf(error, c, services.log), c.get('requestId')))
  return app
}

const notFound = (
  { method, path }: HonoRequest,
  parts: readonly (keyof typeof PARTS)[],
  url: string,
): ProblemError =>
  new ProblemError('not_found', `there is no ${method} ${path}`, {
    hint: `hooks are posted to ${parts.includes('hooks') ? '' : url}/hooks/{app}`,
  })
