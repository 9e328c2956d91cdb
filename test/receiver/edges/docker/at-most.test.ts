import { expect, test } from 'vitest'
import { atMost } from '../../../../receiver/edges/docker/at-most.ts'

test('so many run at once, the others in the order in which they came, also after failures', async () => {
  const inTurn = atMost(2)
  const order: number[] = []
  let running = 0
  let most = 0
  const work = (number: number) =>
    inTurn(async () => {
      most = Math.max(most, ++running)
      order.push(number)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      if (number % 2 === 0) throw new Error('even')
    }).catch(() => {})
  await Promise.all([0, 1, 2, 3, 4, 5, 6].map(work))
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6])
})
