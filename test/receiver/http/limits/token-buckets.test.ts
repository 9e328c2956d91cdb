import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, expect, test } from 'vitest'
import {
  createTokenBuckets,
  type TokenBuckets,
} from '../../../../receiver/http/limits/token-buckets.ts'

let now: number
let buckets: TokenBuckets
beforeEach(() => {
  now = 0
  buckets = createTokenBuckets({ burst: 3, perSecond: 0.5 }, () => now)
})

test('so many rejected requests are taken at once, then one has to wait', () => {
  for (let request = 0; request < 3; request++) {
    expect(buckets.waitMs('a')).toBe(0)
    buckets.take('a')
  }
  expect(buckets.waitMs('a')).toBe(2000)
})

test('tokens come back with time, up to the burst', () => {
  for (let request = 0; request < 3; request++) buckets.take('a')
  now = 1500
  expect(buckets.waitMs('a')).toBe(500)
  now = 2000
  expect(buckets.waitMs('a')).toBe(0)
  now = 1_000_000
  for (let request = 0; request < 3; request++) buckets.take('a')
  expect(buckets.waitMs('a')).toBe(2000)
})

test('more rejections than tokens make nobody wait longer', () => {
  for (let request = 0; request < 1000; request++) buckets.take('a')
  expect(buckets.waitMs('a')).toBe(2000)
})

test('one address does not slow another', () => {
  for (let request = 0; request < 10; request++) buckets.take('a')
  expect(buckets.waitMs('b')).toBe(0)
})

/** Bytes of the heap that something holds: other tests of this process leave garbage. */
function held(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

test('a flood of addresses does not grow without end, and does not free the one that floods now', () => {
  const before = held()
  for (let address = 0; address < 200_000; address++) {
    buckets.take(`address ${address}`)
    buckets.take('a')
  }
  expect(held() - before).toBeLessThan(30 * 1024 * 1024)
  expect(buckets.waitMs('a')).toBeGreaterThan(0)
})
