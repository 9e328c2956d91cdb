import type { AppSpec } from '../app.ts'
import type { Container } from './container.ts'

/** What Nginx tells an app of a visitor who came by https from this machine. */
const HEADERS = {
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-For': '127.0.0.1',
  'X-Real-IP': '127.0.0.1',
} as const

export interface VisitorsRequest {
  url: string
  /** Whom it is for, by its headers. */
  host: string
  headers: Readonly<Record<string, string>>
}

/** Asks a container for its health as visitors ask it: frameworks refuse a Host that they do not know. `health.headers` go over it. */
export function asVisitor(
  { domains, health }: Pick<AppSpec, 'domains' | 'health'>,
  { address, port }: Pick<Container, 'address' | 'port'>,
): VisitorsRequest {
  const at = `${address}:${health.port ?? port}`
  const configured = new Map(
    Object.entries(health.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const ours = Object.entries({ Host: domainOf(domains) ?? at, ...HEADERS }).filter(
    ([name]) => !configured.has(name.toLowerCase()),
  )
  return {
    url: `http://${at}${health.path ?? '/'}`,
    host: configured.get('host') ?? domainOf(domains) ?? at,
    headers: { ...Object.fromEntries(ours), ...health.headers },
  }
}

/** The first; of a wildcard a name that it may well stand for. */
function domainOf(domains: readonly string[]): string | undefined {
  const domain = domains.find((each) => !each.startsWith('*.')) ?? domains[0]
  return domain?.replace(/^\*/, 'www')
}

/** Whether a redirect leads to the same page by https, which the app was told that it is asked by: visitors go round in circles. */
export function leadsToItself(location: string, { url, host }: VisitorsRequest): boolean {
  const there = URL.parse(location)
  const here = URL.parse(new URL(url).pathname, `https://${host}`)
  if (there?.protocol !== 'https:' || there.pathname !== here?.pathname) return false
  return there.hostname === here.hostname && ['', here.port].includes(there.port)
}
