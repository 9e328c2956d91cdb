import { expect, test } from 'vitest'
import {
  abandonLimitMs,
  LOOK_MS,
  repairLimitMs,
  stepLimitMs,
} from '../../../../receiver/core/slots/limits.ts'
import type { StepName } from '../../../../receiver/core/slots/next-step.ts'
import { APP } from '../../../support/fake-world.ts'

const MINUTE_MS = 60_000
const app = {
  ...APP,
  drainMs: 1000,
  watchMs: 2000,
  release: { command: ['migrate'], timeoutMs: 3000 },
  container: { ...APP.container, stopGraceMs: 4000 },
  health: { ...APP.health, deadlineMs: 5000, timeoutMs: 600 },
}

test.each<[StepName, number]>([
  ['resolve', 0],
  ['pull', 6 * 60 * MINUTE_MS],
  ['release', 3000],
  ['start', 1000 + 2 * 4000],
  ['health', 5000 + 600],
  ['swap', 0],
  ['watch', 2000 + 600],
  ['drain', 1000],
  ['retire', 4000],
])('the step %s has its own %i ms, and ten minutes for what it asks others', (step, ownMs) => {
  expect(stepLimitMs(step, app)).toBe(ownMs + 10 * MINUTE_MS)
})

test('a step of an app without a release command has only what it takes beside', () => {
  expect(stepLimitMs('release', APP)).toBe(10 * MINUTE_MS)
})

test('putting right may take a pull and two stops, taking back two stops, a look two minutes', () => {
  expect(repairLimitMs(app)).toBe(6 * 60 * MINUTE_MS + 8000 + 10 * MINUTE_MS)
  expect(abandonLimitMs(app)).toBe(8000 + 10 * MINUTE_MS)
  expect(LOOK_MS).toBe(2 * MINUTE_MS)
})
