import { expect, test } from 'vitest'
import { isDeeperThan } from '../../../receiver/core/nesting.ts'

test.each([
  ['1', 0],
  ['null', 0],
  ['"[[[["', 0],
  ['[]', 1],
  ['{}', 1],
  ['[1,[2]]', 2],
  ['{"a":1,"b":{"c":[]},"d":[]}', 3],
])('%j is %i levels deep', (text, levels) => {
  const json: unknown = JSON.parse(text)
  expect(isDeeperThan(levels, json)).toBe(false)
  if (levels > 0) expect(isDeeperThan(levels - 1, json)).toBe(true)
})

test('JSON that is nothing but levels is measured without running out of stack', () => {
  const json: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000))
  expect(isDeeperThan(30_000, json)).toBe(false)
  expect(isDeeperThan(29_999, json)).toBe(true)
})
