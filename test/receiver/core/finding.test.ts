import { expect, test } from 'vitest'
import { DeployError, describeError } from '../../../receiver/core/errors.ts'
import { finding, found, of, verdictOf } from '../../../receiver/core/finding.ts'

test('what was seen is a good finding', async () => {
  const seen = { id: 'docker', what: 'docker', ok: true, message: 'engine 26' }
  expect(await finding('docker', () => 'engine 26')).toStrictEqual(seen)
  expect(await finding('docker', async () => 'engine 26')).toStrictEqual(seen)
})

test('what was seen is a warning when something would be wise', async () => {
  const seen = { message: 'keys of 2021', hint: 'get newer ones' }
  expect(await finding('trust root', () => seen)).toStrictEqual({
    id: 'trust-root',
    what: 'trust root',
    ok: true,
    ...seen,
  })
})

test('what is thrown is a bad one, with its remedy if it has one', async () => {
  const fails = (error: unknown) =>
    finding('disk', () => {
      throw error
    })
  const bad = { id: 'disk', what: 'disk', ok: false, message: '3 MB left' }
  expect(
    await fails(new DeployError('disk_full', '3 MB left', { hint: 'make room' })),
  ).toStrictEqual({
    ...bad,
    hint: 'make room',
  })
  expect(await fails(new Error('3 MB left'))).toStrictEqual(bad)
  expect(await fails('3 MB left')).toStrictEqual(bad)
  expect(await fails(undefined)).toStrictEqual({ ...bad, message: 'undefined' })
})

test('an error that was foreseen is told as it is, any other as a defect', () => {
  const full = new DeployError('exited', 'it exited', { hint: 'look', log: ['oh no'] })
  const told = { code: 'exited', message: 'it exited', hint: 'look', log: ['oh no'] }
  expect(describeError(full)).toStrictEqual(told)
  expect(describeError(new DeployError('exited', 'it exited'))).toStrictEqual({
    code: 'exited',
    message: 'it exited',
  })
  expect(describeError(new TypeError('x is not a function'))).toMatchObject({
    code: 'internal_error',
    message: 'TypeError: x is not a function',
    hint: expect.stringContaining("receiver's log"),
  })
  expect(describeError('boom')).toMatchObject({ code: 'internal_error', message: 'boom' })
})

test('what is looked at has an id, which no change of words touches, and a verdict', () => {
  expect(found(of('site', 'api.v2'), 'x')).toMatchObject({
    id: 'site:api.v2',
    what: 'site of api.v2',
  })
  expect(found({ id: 'app:api', what: 'app api' }, 'x')).toMatchObject({ id: 'app:api' })
  expect(verdictOf({ ok: true })).toBe('ok')
  expect(verdictOf({ ok: true, hint: 'x' })).toBe('warning')
  expect(verdictOf({ ok: false })).toBe('failure')
})
