import { expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { appAnswer } from '../../../receiver/core/slots/app-answer.ts'
import { healthOf } from '../../../receiver/core/slots/app-health.ts'
import { observe } from '../../../receiver/core/slots/next-step.ts'
import type { Container } from '../../../receiver/core/slots/container.ts'
import type { SlotPorts } from '../../../receiver/core/slots/ports.ts'
import { createPageHealth } from '../../../receiver/serve/page-health.ts'
import { APP } from '../../support/fake-world.ts'

const LIVE = { slot: 'green', running: true, restarts: 0, address: '192.0.2.1', port: 80 }
const WORLD = { live: 'green' as const, containers: [LIVE as unknown as Container] }
const WELL = { containers: 1, running: 1, restarts: 0 }
const SLOW = { ...APP, health: { ...APP.health, timeoutMs: 60_000, deadlineMs: 60_000 } }

test('however many look, an engine and an app are asked once each within three seconds', async () => {
  let [listed, asked, nowMs] = [0, 0, 0]
  const ports = {
    slots: { live: () => 'green' as const },
    engine: { containers: async () => (listed++, WORLD.containers) },
    clock: { ms: () => nowMs, timeout: () => new AbortController().signal },
    probe: async () => (asked++, { status: 200, body: '' }),
  } as unknown as SlotPorts
  const { of: health } = createPageHealth(
    async (app, { withinMs }) => {
      const world = await observe(app, ports)
      const answer = await appAnswer(SLOW, world, ports, withinMs)
      return { ...healthOf(world), ...(answer && { answer }) }
    },
    () => nowMs,
  )
  await Promise.all(Array.from({ length: 100 }, () => health('api')))
  nowMs = 2999
  expect(await health('api')).toMatchObject({ ...WELL, answer: { healthy: true } })
  expect([listed, asked]).toEqual([1, 1])
  nowMs = 3000
  await health('api')
  expect([listed, asked]).toEqual([2, 2])
})

test('an app that says nothing is told apart from an engine that does not', async () => {
  const limits: number[] = []
  const ports = {
    clock: { ms: () => 0, timeout: () => new AbortController().signal },
    listeners: () => [],
    probe: async ({ timeoutMs }: { timeoutMs: number }) => {
      limits.push(timeoutMs)
      throw new Error(`no answer within ${timeoutMs} ms`)
    },
  } as unknown as SlotPorts
  const { of: health } = createPageHealth(
    async (_app, { withinMs }) => {
      const answer = await appAnswer(SLOW, WORLD, ports, withinMs)
      return { ...healthOf(WORLD), ...(answer && { answer }) }
    },
    () => 0,
  )
  expect(await health('api')).toMatchObject({
    ...WELL,
    answer: { healthy: false, text: 'GET /healthz: no answer within 2000 ms' },
  })
  expect(limits).toEqual([2000])
})

test('an engine that fails or says nothing keeps no page from being shown', async () => {
  const failing = createPageHealth(
    () => Promise.reject(new Error('away')),
    () => 0,
  )
  expect(await failing.of('api')).toBeNull()
  const silent = createPageHealth(
    () => new Promise(() => {}),
    () => 0,
  )
  expect(await silent.of('api')).toBeNull()
})

test('while something is deployed, the other apps are not asked, and it is asked anew once it is live', async () => {
  const asked: string[] = []
  let nowMs = 0
  const { of, listener } = createPageHealth(
    async (app) => (asked.push(app), healthOf(WORLD)),
    () => nowMs,
  )
  const look = async () => {
    asked.length = 0
    await Promise.all([of('api'), of('web')])
    return asked.join(' ')
  }
  const api = { app: 'api' } as Deployment
  const at = '2026-11-27T06:00:00Z'
  expect(await look()).toBe('api web')
  listener(api, { type: 'started', at })
  nowMs = 3000
  expect(await look()).toBe('api')
  listener(api, { type: 'live', at })
  expect(await look()).toBe('api')
  nowMs = 15_000
  expect(await look()).toBe('api web')
  nowMs = 18_000
  expect(await look()).toBe('api')
  listener(api, { type: 'finished', at, status: 'succeeded' })
  expect(await look()).toBe('api web')
})
