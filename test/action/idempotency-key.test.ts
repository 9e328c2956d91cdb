import { expect, test } from 'vitest'
import { idempotencyKey } from '../../action/idempotency-key.ts'
import { contextOf } from './context-of.ts'

const keyOf = (change: Parameters<typeof contextOf>[0] = {}, given = '', app = 'api') =>
  idempotencyKey(given, contextOf(change), app)

test('the key is of this run, attempt, job, step and app', () => {
  expect(keyOf()).toBe('77:2:deploy:__run:api')
  const others = [
    keyOf({ runId: '78' }),
    keyOf({ runAttempt: '3' }),
    keyOf({ job: 'other' }),
    keyOf({ step: 'again' }),
    keyOf({}, '', 'web'),
  ]
  expect(new Set([keyOf(), ...others]).size).toBe(6)
})

test.for([
  ['a runner that numbers no runs', { runId: '' }],
  ['act, whose runs are all number 1', { runId: '1', hasOwnRunIds: false }],
] as const)('on %s each run has another key', ([, change]) => {
  expect(keyOf(change)).toMatch(/^[\da-f-]{36}:2:deploy:__run:api$/)
  expect(keyOf(change)).not.toBe(keyOf(change))
})

test('what the workflow gives goes before it, as what a header may hold', () => {
  expect(keyOf({}, 'release-7')).toBe('release-7')
  expect(keyOf({}, 'v1.2')).toMatch(/^v1-2-[\da-f]{16}$/)
  expect(keyOf({}, 'v1.2')).not.toBe(keyOf({}, 'v1-2'))
  expect(keyOf({}, 'x'.repeat(300))).toHaveLength(256)
  expect(keyOf({}, `${'x'.repeat(300)}1`)).not.toBe(keyOf({}, `${'x'.repeat(300)}2`))
})
