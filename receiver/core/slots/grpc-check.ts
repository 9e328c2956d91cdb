import type { AppSpec } from '../app.ts'
import { type Answer, shown } from './answer.ts'
import { healthDeadlineMs } from './healthcheck.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import { asVisitor } from './visitor.ts'
import { whereItListens } from './where-it-listens.ts'

/** `HealthCheckResponse.ServingStatus` of gRPC's health protocol. */
const SERVING_STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const SERVING = 1

/** Whoever says one of these is up, and has no such service, or not for us. */
const UP: Readonly<Record<number, string>> = {
  7: 'PERMISSION_DENIED',
  12: 'UNIMPLEMENTED',
  16: 'UNAUTHENTICATED',
}

/** By gRPC's own health protocol; a server without it is healthy when it answers at all. */
export async function byGrpc(
  app: AppSpec,
  container: Pick<Container, 'address' | 'port' | 'pid'>,
  { grpcProbe, listeners }: Pick<SlotPorts, 'grpcProbe' | 'listeners'>,
  signal: AbortSignal,
): Promise<Answer> {
  const { name, health } = app
  const enough = health.healthyAfter
  try {
    const { status, serving, message } = await grpcProbe({
      at: `${container.address}:${container.port}`,
      headers: asVisitor(app, container).headers,
      timeoutMs: Math.min(health.timeoutMs, healthDeadlineMs(app)),
      signal,
    })
    const word = status === 0 ? (SERVING_STATUSES[serving] ?? String(serving)) : UP[status]
    const said = `${word ?? `status ${status}`}${message === '' ? '' : `: ${shown(message)}`}`
    return {
      healthy: status === 0 ? serving === SERVING : word !== undefined,
      text: `grpc.health.v1.Health/Check answered ${said}`,
      enough,
      hint: `set its serving status for the empty service name when it is ready; or apps.${name}.health.port and path, which are asked for by HTTP/1.1`,
    }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    const where = whereItListens(app, container, { listeners })
    return {
      healthy: false,
      text: `grpc.health.v1.Health/Check: ${reason}${where === undefined ? '' : `; ${where.text}`}`,
      enough,
      ...(where === undefined ? {} : { hint: where.hint }),
    }
  }
}
