import { expect, test } from 'vitest'
import { type Past, rollbackTarget } from '../../../../receiver/core/intake/rollback-target.ts'

const digest = (begin: string) => `sha256:${begin.padEnd(64, '0')}`
const past = (id: string, begin: string, succeeded = true): Past => ({
  id,
  action: 'deploy',
  digest: digest(begin),
  succeeded,
})
/** Newest first. */
const HISTORY = [
  past('dep_6', 'f', false),
  past('dep_5', 'aaaaaaaaaaaa1'),
  past('dep_4', 'aaaaaaaaaaaa1'),
  past('dep_3', 'aaaaaaaaaaaa2'),
  past('dep_2', 'b'),
  past('dep_1', 'aaaaaaaaaaaa1'),
]
const to = (what: string, live: string | undefined = digest('aaaaaaaaaaaa1')) =>
  rollbackTarget('api', what, HISTORY, live).id

test.each([
  ['previous', digest('aaaaaaaaaaaa1'), 'dep_3'],
  ['previous', digest('aaaaaaaaaaaa2'), 'dep_2'],
  ['previous', digest('b'), 'dep_1'],
  ['previous', undefined, 'dep_5'],
  ['dep_2', undefined, 'dep_2'],
  ['dep_4', undefined, 'dep_4'],
  [digest('b'), undefined, 'dep_2'],
  [digest('aaaaaaaaaaaa1'), undefined, 'dep_5'],
  ['b'.padEnd(12, '0'), undefined, 'dep_2'],
  ['sha256:aaaaaaaaaaaa2', undefined, 'dep_3'],
])('%s, with %s live, is %s', (what, live, id) => {
  expect(rollbackTarget('api', what, HISTORY, live).id).toBe(id)
})

test.each([
  'dep_6',
  'dep_7',
  digest('f'),
  digest('c'),
  'b'.padEnd(11, '0'),
  ` ${'b'.padEnd(12, '0')}`,
  `${'b'.padEnd(12, '0')} `,
  'B'.padEnd(12, '0'),
  `sha512:${'b'.padEnd(12, '0')}`,
  `${digest('b')}0`,
  '',
])('%j names nothing that was live', (what) => {
  expect(() => to(what)).toThrow(
    expect.objectContaining({
      code: 'nothing_to_roll_back_to',
      message: `${JSON.stringify(what)} is neither "previous", nor a tag, a digest or a deployment of api that was live`,
      hint: 'a digest is given whole or by at least 12 of its hex digits',
    }),
  )
})

test('a beginning that two digests have names none of them', () => {
  expect(() => to('aaaaaaaaaaaa')).toThrow(
    expect.objectContaining({
      code: 'ambiguous_digest',
      message: `aaaaaaaaaaaa stands for ${digest('aaaaaaaaaaaa1')} and for ${digest('aaaaaaaaaaaa2')}`,
    }),
  )
})

test.each<[readonly Past[], string | undefined, string]>([
  [[past('dep_1', 'a')], digest('a'), `nothing was live before ${digest('a')}, which api runs`],
  [
    [past('dep_2', 'a'), past('dep_1', 'b', false)],
    digest('a'),
    `nothing was live before ${digest('a')}, which api runs`,
  ],
  [[], undefined, 'nothing of api was ever live'],
])('there may be nothing before: %j', (history, live, message) => {
  expect(() => rollbackTarget('api', 'previous', history, live)).toThrow(
    expect.objectContaining({
      code: 'nothing_to_roll_back_to',
      message,
    }),
  )
})
