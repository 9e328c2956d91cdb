import { expect, test } from 'vitest'
import { merge, mergeInOrder } from '../../../receiver/core/merge.ts'

/** Gives what it is told to, when it is; counts how often it was asked. */
function source<T>() {
  const told: T[] = []
  let isOver = false
  let wake = () => {}
  const all = {
    asked: 0,
    tell: (...values: T[]) => {
      told.push(...values)
      wake()
    },
    end: () => {
      isOver = true
      wake()
    },
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<T>> {
        all.asked += 1
        for (;;) {
          const value = told.shift()
          if (value !== undefined) return { done: false, value }
          if (isOver) return { done: true, value: undefined }
          await new Promise<void>((resolve) => (wake = resolve))
        }
      },
    }),
  }
  return all
}

test('things come in their order of time, of sources that come later, too', async () => {
  const [one, other, late] = [source<string>(), source<string>(), source<string>()]
  const merged = merge<string>()
  merged.add(one)
  merged.add(other)
  const reading = merged[Symbol.asyncIterator]()
  const next = async () => (await reading.next()).value as string
  other.tell('b')
  expect(await next()).toBe('b')
  one.tell('a')
  expect(await next()).toBe('a')
  merged.add(late)
  late.tell('c')
  expect(await next()).toBe('c')
  for (const each of [one, other, late]) each.end()
  expect(await reading.next()).toMatchObject({ done: true })
})

test('who reads slowly is waited for', async () => {
  const [one, other] = [source<string>(), source<string>()]
  const merged = merge<string>()
  merged.add(one)
  merged.add(other)
  one.tell('1', '2', '3')
  const reading = merged[Symbol.asyncIterator]()
  await reading.next()
  expect([one.asked, other.asked]).toEqual([1, 1])
  await reading.next()
  expect([one.asked, other.asked]).toEqual([2, 1])
})

test('a source that fails ends all', async () => {
  const merged = merge<string>()
  merged.add(source<string>())
  merged.add({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('it is away')) }),
  })
  await expect(merged[Symbol.asyncIterator]().next()).rejects.toThrow('it is away')
})

test('what is in order stays so, and is read no further than needed', async () => {
  const [one, other, empty] = [source<number>(), source<number>(), source<number>()]
  one.tell(1, 4, 5)
  other.tell(2, 4, 9)
  for (const each of [one, other, empty]) each.end()
  const reading = mergeInOrder([one, other, empty], (a, b) => a < b)
  expect((await reading.next()).value).toBe(1)
  expect([one.asked, other.asked]).toEqual([1, 1])
  const rest: number[] = []
  for await (const each of reading) rest.push(each)
  expect(rest).toEqual([2, 4, 4, 5, 9])
})
