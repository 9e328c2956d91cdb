import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ANYTHING, createFeed } from '../../../receiver/core/feed.ts'
import { sharedUntilChanged } from '../../../receiver/http/page/shared.ts'

function shared() {
  const feed = createFeed()
  const share = sharedUntilChanged<number>(feed)
  let made = 0
  const ask = (options?: { orJustBefore: boolean }, of?: string) =>
    share({ name: of ?? 'all', of }, async () => ++made, options)
  const change = (of = ANYTHING) => {
    feed.changed(of)
    return setImmediate()
  }
  return { ask, change }
}

test('what changed is made anew for whoever asks now, and a moment later for those who are told of it', async () => {
  const { ask, change } = shared()
  expect(await ask()).toBe(1)
  await change()
  const told = { orJustBefore: true }
  expect([await ask(told), await ask(told)]).toEqual([1, 1])
  await expect.poll(() => ask(told)).toBe(2)
  await change()
  expect([await ask(), await ask(), await ask(told)]).toEqual([3, 3, 3])
})

test('what shows one app is made anew when that changes, and when no other does', async () => {
  const { ask, change } = shared()
  expect(await ask(undefined, 'api')).toBe(1)
  await change('web')
  expect(await ask(undefined, 'api')).toBe(1)
  await change('api')
  expect(await ask(undefined, 'api')).toBe(2)
})

test('a failure is kept for nobody', async () => {
  const share = sharedUntilChanged<number>(createFeed())
  await expect(share({ name: 'x' }, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await share({ name: 'x' }, async () => 1)).toBe(1)
})
