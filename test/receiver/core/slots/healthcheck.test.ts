import { describe, expect, test } from 'vitest'
import { MAX_DURATION_MS } from '../../../../protocol/duration.ts'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import type { Healthcheck } from '../../../../receiver/core/slots/container-settings.ts'
import {
  decidingHealthcheck,
  healthDeadlineMs,
} from '../../../../receiver/core/slots/healthcheck.ts'
import { stepLimitMs } from '../../../../receiver/core/slots/limits.ts'
import { APP } from '../../../support/fake-world.ts'

const { path: _path, deadlineMs: _deadlineMs, ...health } = APP.health
const app = (healthcheck?: Healthcheck, more: Partial<DockerApp> = {}): DockerApp => ({
  ...APP,
  health,
  container: { ...APP.container, ...(healthcheck === undefined ? {} : { healthcheck }) },
  ...more,
})
const READY = ['CMD', 'ready']

describe('the HEALTHCHECK that decides', () => {
  test('has Docker’s times where nothing is said', () => {
    expect(decidingHealthcheck(app(), { test: READY })).toStrictEqual({
      test: READY,
      timeoutMs: 30_000,
      verdictMs: 90_000,
    })
  })

  test('is the image’s, with what the config lays over it', () => {
    const ofImage = { test: READY, intervalMs: 300_000, startPeriodMs: 180_000, timeoutMs: 9000 }
    const configured = { intervalMs: 10_000, retries: 5, timeoutMs: 0 }
    expect(decidingHealthcheck(app(configured), ofImage)).toStrictEqual({
      test: READY,
      timeoutMs: 9000,
      verdictMs: 180_000 + 5 * 10_000,
    })
  })

  test('is the config’s test, with the image’s times', () => {
    const configured = { test: ['CMD-SHELL', 'other'] }
    expect(decidingHealthcheck(app(configured), { test: READY, retries: 1 })).toMatchObject({
      test: configured.test,
      verdictMs: 30_000,
    })
  })

  test.for<[string, Healthcheck | undefined, Healthcheck | undefined, Partial<DockerApp>]>([
    ['neither has a test', { intervalMs: 5 }, undefined, {}],
    ['the config takes it away', { test: ['NONE'] }, { test: READY }, {}],
    ['a path decides', undefined, { test: READY }, { health: APP.health }],
  ])('is none when %s', ([, configured, ofImage, more]) => {
    expect(decidingHealthcheck(app(configured, more), ofImage)).toBeUndefined()
  })
})

describe('the deadline', () => {
  const slow = { test: READY, timeoutMs: 30_000, verdictMs: 900_000 }

  test('is a minute, what the HEALTHCHECK takes when that is more, or what is configured', () => {
    expect(healthDeadlineMs(app())).toBe(60_000)
    expect(healthDeadlineMs(app(), { ...slow, verdictMs: 3000 })).toBe(60_000)
    expect(healthDeadlineMs(app(), slow)).toBe(900_000)
    expect(healthDeadlineMs(APP, slow)).toBe(10_000)
  })

  test('is never longer than a timer can wait', () => {
    expect(healthDeadlineMs(app(), { ...slow, verdictMs: 1e30 })).toBe(MAX_DURATION_MS)
  })

  test('is within what the step has', () => {
    expect(stepLimitMs('health', app(), slow)).toBeGreaterThan(900_000 + 30_000)
    expect(stepLimitMs('watch', app(), { ...slow, timeoutMs: 3_600_000 })).toBeGreaterThan(
      APP.watchMs + 3_600_000,
    )
  })
})
