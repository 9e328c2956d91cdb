import { expect, test } from 'vitest'
import { byGrpc } from '../../../../receiver/core/slots/grpc-check.ts'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import type { GrpcAnswer, GrpcProbe } from '../../../../receiver/core/slots/ports.ts'
import { APP } from '../../../support/fake-world.ts'

const CONTAINER = { address: '10.0.0.2', port: 9000, pid: 1 } as Container
const GRPC_APP = {
  ...APP,
  domains: ['greeter.test'],
  health: { ...APP.health, grpc: true as const },
}

const ask = (grpcProbe: GrpcProbe, port = 9000) =>
  byGrpc(
    GRPC_APP,
    CONTAINER,
    { grpcProbe, listeners: () => [{ address: '0.0.0.0', port }] },
    new AbortController().signal,
  )

test.for<[Partial<GrpcAnswer>, boolean, string]>([
  [{ serving: 1 }, true, 'SERVING'],
  [{ serving: 2 }, false, 'NOT_SERVING'],
  [{ serving: 0 }, false, 'UNKNOWN'],
  [{ serving: 9 }, false, '9'],
  [{ status: 12, message: 'unknown service' }, true, 'UNIMPLEMENTED: unknown service'],
  [{ status: 16 }, true, 'UNAUTHENTICATED'],
  [{ status: 14, message: 'no database' }, false, 'status 14: no database'],
])('%j is healthy: %s', async ([answer, healthy, said]) => {
  const probe: GrpcProbe = async ({ at, headers }) => {
    expect({ at, host: headers['Host'] }).toEqual({ at: '10.0.0.2:9000', host: 'greeter.test' })
    return { status: 0, message: '', serving: 0, ...answer }
  }
  expect(await ask(probe)).toMatchObject({
    healthy,
    text: `grpc.health.v1.Health/Check answered ${said}`,
    enough: APP.health.healthyAfter,
    hint: expect.stringContaining('set its serving status'),
  })
})

test('one that nobody answers says why, and where the container listens instead', async () => {
  const probe: GrpcProbe = async () => {
    throw new Error('connection refused')
  }
  expect(await ask(probe, 50_051)).toMatchObject({
    healthy: false,
    text: 'grpc.health.v1.Health/Check: connection refused; it listens on 50051, not on 9000',
    hint: 'set apps.api.port to the port that it listens on',
  })
})
