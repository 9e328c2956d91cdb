import { expect, test } from 'vitest'
import { randomOf } from '../../../crash/random.ts'
import {
  historyIn,
  type Past,
  rollbackTarget,
} from '../../../../receiver/core/intake/rollback-target.ts'

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
  rollbackTarget('api', what, historyIn(HISTORY), live).id

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
  expect(rollbackTarget('api', what, historyIn(HISTORY), live).id).toBe(id)
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
  expect(() => rollbackTarget('api', 'previous', historyIn(history), live)).toThrow(
    expect.objectContaining({
      code: 'nothing_to_roll_back_to',
      message,
    }),
  )
})

/** What is live after each of so many deployments and rollbacks, and their history, the newest first. */
function play(many: number, next: () => number): { history: Past[]; live: string }[] {
  const history: Past[] = []
  return Array.from({ length: many }, (_, at) => {
    const goesBack = at > 0 && next() < 0.4
    const named = history[Math.floor(next() * Math.min(history.length, 100))]
    history.unshift(
      goesBack && named !== undefined
        ? {
            ...past(`dep_${at}`, named.digest.slice('sha256:'.length, 'sha256:'.length + 4)),
            action: 'rollback',
            ...(next() < 0.2 ? {} : { settingsOf: named.id }),
          }
        : past(`dep_${at}`, `${Math.floor(next() * 3000)}`, next() < 0.8),
    )
    const live = history.find(({ succeeded }) => succeeded)?.digest ?? ''
    return { history: [...history], live }
  })
}

test('previous is the same, however much of the history is read', () => {
  const next = randomOf(7)
  const played = play(700, () => next.below(1_000_000) / 1_000_000)
  const whole = (history: readonly Past[]) => {
    const all = historyIn(history)
    // nobody is sure before the end
    const doubt: Past = { ...past('dep_x', 'e'), action: 'rollback', settingsOf: 'nobody' }
    return { ...all, newest: () => [...history, doubt] }
  }
  const target = (history: Parameters<typeof rollbackTarget>[2], live: string) => {
    try {
      return rollbackTarget('api', 'previous', history, live).id
    } catch {
      return 'none'
    }
  }
  for (const { history, live } of played.filter((_, at) => at % 10 === 9)) {
    expect(target(historyIn(history), live)).toBe(
      target(whole(history), live).replace('dep_x', 'none'),
    )
  }
})

test('of a long history as much is read as it takes', () => {
  const history = Array.from({ length: 5000 }, (_, at) => past(`dep_${5000 - at}`, `${5000 - at}`))
  let read = 0
  const counted = {
    ...historyIn(history),
    *newest() {
      for (const each of history) {
        read += 1
        yield each
      }
    },
  }
  expect(rollbackTarget('api', 'previous', counted, digest('5000')).id).toBe('dep_4999')
  expect(read).toBeLessThan(100)
  expect(rollbackTarget('api', 'dep_3', counted, digest('5000')).id).toBe('dep_3')
  expect(read).toBeLessThan(100)
})
