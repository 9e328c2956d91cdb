import { expect, test } from 'vitest'
import { describeTraffic, inAMinute, sinceSwap } from '../../../receiver/core/traffic/describe.ts'
import { createTraffic } from '../../../receiver/core/traffic/traffic.ts'

function world() {
  const clock = { ms: 1_000_000_000 }
  const apps = new Set(['api', 'web'])
  const traffic = createTraffic({ nowMs: () => clock.ms, isApp: (name) => apps.has(name) })
  return { clock, apps, traffic }
}

test('a minute has what was over in it, and how long the app took', () => {
  const { clock, traffic } = world()
  for (let at = 0; at < 90; at += 1) traffic.take({ app: 'api', status: 200, seconds: 0.02 })
  for (let at = 0; at < 10; at += 1) traffic.take({ app: 'api', status: 404, seconds: 2 })
  traffic.take({ app: 'api', status: 503 })
  const { minute, total } = traffic.of('api') ?? {}
  expect(minute).toMatchObject({ requests: 101, clientErrors: 10, serverErrors: 1 })
  expect(Math.abs((minute?.p50 ?? 0) / 0.02 - 1)).toBeLessThan(0.1)
  expect(Math.abs((minute?.p95 ?? 0) / 2 - 1)).toBeLessThan(0.1)
  expect(total).toStrictEqual({ '1xx': 0, '2xx': 90, '3xx': 0, '4xx': 10, '5xx': 1 })

  clock.ms += 65_000
  expect(traffic.of('api')).toMatchObject({ minute: { requests: 0 }, total: { '2xx': 90 } })
  expect(traffic.of('api')?.minute.p50).toBeUndefined()
  expect(traffic.of('web')).toBeUndefined()
})

test('what comes after a swap is told apart', () => {
  const { traffic } = world()
  traffic.take({ app: 'api', status: 502 })
  traffic.swapped('api', { deployment: 'd2', at: '2026-03-01T12:00:00.000Z' })
  traffic.take({ app: 'api', status: 200 })
  traffic.take({ app: 'api', status: 500 })
  expect(traffic.of('api')?.swap).toStrictEqual({
    deployment: 'd2',
    at: '2026-03-01T12:00:00.000Z',
    requests: 2,
    clientErrors: 0,
    serverErrors: 1,
  })
})

test('nothing is kept of what is no app, or is one no more', () => {
  const { apps, traffic } = world()
  for (let at = 0; at < 1000; at += 1) traffic.take({ app: `x${at}`, status: 200 })
  traffic.swapped('x1', { deployment: 'd', at: '2026-03-01T12:00:00.000Z' })
  apps.add('x1')
  expect(traffic.of('x1')).toBeUndefined()
  traffic.take({ app: 'web', status: 200 })
  apps.delete('web')
  expect(traffic.of('web')).toBeUndefined()
})

test.each([
  [0, 0.0001],
  [1e-9, 0.0001],
  [1e9, 3000],
])('a duration of %d s has a place among the others', (seconds, about) => {
  const { traffic } = world()
  traffic.take({ app: 'api', status: 200, seconds })
  const { p50 = 0 } = traffic.of('api')?.minute ?? {}
  expect(Math.abs(p50 / about - 1)).toBeLessThan(0.15)
})

test('in words, few errors among many are never none', () => {
  const { traffic } = world()
  for (let at = 0; at < 4999; at += 1) traffic.take({ app: 'api', status: 200 })
  traffic.take({ app: 'api', status: 500 })
  const described = describeTraffic(traffic.of('api'))
  expect(described && inAMinute(described)).toBe('5000/min, < 0.1 % 5xx')
  expect(described && sinceSwap(described)).toBeUndefined()
})
