import { expect, test } from 'vitest'
import { createTurns } from '../../../receiver/core/turns.ts'

const forever = new AbortController().signal

test('one at a time has its turn, in order', async () => {
  const turns = createTurns()
  const order: string[] = []
  const take = async (name: string) => {
    const end = await turns.take(forever)
    order.push(name)
    return end
  }
  const endFirst = await take('first')
  const [second, third] = [take('second'), take('third')]
  expect(order).toStrictEqual(['first'])
  endFirst()
  const endSecond = await second
  expect(order).toStrictEqual(['first', 'second'])
  endSecond()
  await third
  expect(order).toStrictEqual(['first', 'second', 'third'])
})

test('whoever stops waiting has no turn, and the next one has', async () => {
  const turns = createTurns()
  const end = await turns.take(forever)
  const stopping = new AbortController()
  const stopped = turns.take(stopping.signal)
  const next = turns.take(forever)
  stopping.abort(new Error('the receiver stops'))
  await expect(stopped).rejects.toThrow('the receiver stops')
  end()
  await next
})
