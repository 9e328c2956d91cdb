import type { AppSpec } from '../app.ts'
import { type Answer, shown } from './answer.ts'
import { healthDeadlineMs } from './healthcheck.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import { asVisitor, leadsToItself } from './visitor.ts'
import { whereItListens } from './where-it-listens.ts'

/** A configured path must answer 2xx or 3xx; without one, any answer below 500 shows that the app is up. */
export async function byHttp(
  app: AppSpec,
  container: Pick<Container, 'address' | 'port' | 'pid'>,
  { probe, listeners }: Pick<SlotPorts, 'probe' | 'listeners'>,
  signal: AbortSignal,
): Promise<Answer> {
  const { name, health } = app
  const path = health.path ?? '/'
  const { healthyAfter: enough } = health
  const request = asVisitor(app, container)
  try {
    const { status, body, location } = await probe({
      ...request,
      // one that may take longer than all of them would be the only one
      timeoutMs: Math.min(health.timeoutMs, healthDeadlineMs(app)),
      signal,
    })
    if (location !== undefined && leadsToItself(location, request)) {
      return {
        healthy: false,
        text: `GET ${path} answered ${status}, a redirect to itself (${shown(location)}): visitors would go round in circles`,
        enough,
        hint: `have the app take X-Forwarded-Proto: https, which it gets from Nginx, for https; or set apps.${name}.health.headers, or another apps.${name}.health.path`,
      }
    }
    return {
      healthy: status >= 200 && status < (health.path === undefined ? 500 : 400),
      text: `GET ${path} answered ${status}${body === '' ? '' : `: ${shown(body)}`}`,
      enough,
      hint: `it was asked with Host: ${request.host}, as visitors ask through Nginx: apps.${name}.health.headers sets others, apps.${name}.health.path another path`,
    }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    const where = whereItListens(app, container, { listeners })
    return {
      healthy: false,
      text: `GET ${path}: ${reason}${where === undefined ? '' : `; ${where.text}`}`,
      enough,
      ...(where === undefined ? {} : { hint: where.hint }),
    }
  }
}
