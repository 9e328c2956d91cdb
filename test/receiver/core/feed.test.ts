import { expect, test } from 'vitest'
import { createFeed } from '../../../receiver/core/feed.ts'

const forever = new AbortController().signal

/** Whether it has come by the time that all which could has. */
async function hasCome(next: Promise<void>): Promise<boolean> {
  let come = false
  void next.then(() => (come = true))
  await new Promise((resolve) => setImmediate(resolve))
  return come
}

test('a reader hears of the next change, and of that of its own deployment alone', async () => {
  const feed = createFeed()
  const [one, other] = [feed.next('one', forever), feed.next('other', forever)]
  expect(await hasCome(one)).toBe(false)
  feed.changed('one')
  expect([await hasCome(one), await hasCome(other)]).toStrictEqual([true, false])
})

test('all who wait hear of a change, once', async () => {
  const feed = createFeed()
  const both = [feed.next('one', forever), feed.next('one', forever)]
  feed.changed('one')
  expect(await Promise.all(both.map(hasCome))).toStrictEqual([true, true])
  expect(await hasCome(feed.next('one', forever))).toBe(false)
})

test('who stops waiting is let go, and the others still hear', async () => {
  const feed = createFeed()
  const stop = new AbortController()
  const [gone, stays] = [feed.next('one', stop.signal), feed.next('one', forever)]
  stop.abort()
  expect([await hasCome(gone), await hasCome(stays)]).toStrictEqual([true, false])
  feed.changed('one')
  expect(await hasCome(stays)).toBe(true)
})

test('who has stopped before does not wait', async () => {
  expect(await hasCome(createFeed().next('one', AbortSignal.abort()))).toBe(true)
})

test('a change of anything is another revision', () => {
  const feed = createFeed()
  const before = feed.revision()
  expect(feed.revision()).toBe(before)
  feed.changed('one')
  expect(feed.revision()).not.toBe(before)
})
