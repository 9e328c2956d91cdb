import { expect, test } from 'vitest'
import { DeployError, describeError } from '../../../receiver/core/errors.ts'

test('of a deployment’s error its code, message, hint and log are told, where it has them', () => {
  expect(describeError(new DeployError('no_port', 'which?'))).toStrictEqual({
    code: 'no_port',
    message: 'which?',
  })
  const cause = new Error('no')
  const full = new DeployError('exited', 'it ended', {
    hint: 'see',
    log: ['a'],
    cause,
    retryAfterMs: 9,
  })
  expect(describeError(full)).toStrictEqual({
    code: 'exited',
    message: 'it ended',
    hint: 'see',
    log: ['a'],
  })
  expect(full).toMatchObject({ name: 'DeployError', cause, retryAfterMs: 9 })
})

test.each<[unknown, string]>([
  [new TypeError('x is not a function'), 'TypeError: x is not a function'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
])('what nobody foresaw is an internal error with its own words: %s', (error, message) => {
  expect(describeError(error)).toStrictEqual({
    code: 'internal_error',
    message,
    hint: expect.stringContaining("the receiver's log"),
  })
})
