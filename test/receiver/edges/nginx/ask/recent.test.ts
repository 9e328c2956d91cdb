import { expect, test } from 'vitest'
import { DeployError } from '../../../../../receiver/core/errors.ts'
import { createRecentAnswers } from '../../../../../receiver/edges/nginx/ask/recent.ts'

const GOOD = { url: 'https://api.test' }

/** With an answer of revision `r1` that was asked for just now. */
function asked(answer: Promise<object> = Promise.resolve(GOOD)) {
  const clock = { ms: 1000 }
  const recent = createRecentAnswers(() => clock.ms)
  recent.keep('api', 'r1', answer)
  return { clock, recent }
}

test('an answer is good for the next one who asks the same, once', async () => {
  const { recent } = asked()
  expect(await recent.take('api', 'r1')).toBe(GOOD)
  expect(await recent.take('api', 'r1')).toBeUndefined()
})

test('an answer that is on its way is waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<object>()
  const taken = asked(promise).recent.take('api', 'r1')
  resolve(GOOD)
  expect(await taken).toBe(GOOD)
})

test.each([
  ['another app', 'web', 'r1', 1000],
  ['a site that was changed since', 'api', 'r2', 1000],
  ['what was asked more than a second ago', 'api', 'r1', 2001],
])('an answer is not good for %s', async (_, app, revision, ms) => {
  const { clock, recent } = asked()
  clock.ms = ms
  expect(await recent.take(app, revision)).toBeUndefined()
})

test.each([
  ['warns', async () => ({ warning: 'another site is in the way' })],
  [
    'failed',
    async () => {
      throw new DeployError('not_served', 'another answers')
    },
  ],
])('an answer that %s is asked for again', async (_, answer) => {
  const { recent } = asked(answer())
  expect(await recent.take('api', 'r1')).toBeUndefined()
})
