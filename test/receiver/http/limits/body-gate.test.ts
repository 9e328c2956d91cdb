import { expect, test } from 'vitest'
import { createBodyGate, GateClosed } from '../../../../receiver/http/limits/body-gate.ts'

/** Work that ends when it is told to. */
function job() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  let begun = false
  return {
    work: async () => {
      begun = true
      await ended
      return 'done'
    },
    end: () => end(),
    begun: () => begun,
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('so many run at once, the others in turn', async () => {
  const gate = createBodyGate({ atOnce: 2, perAddress: 2, maxWaiting: 5, waitMs: 60_000 })
  const [one, two, three] = [job(), job(), job()] as const
  const all = [one, two, three].map(({ work }, index) => gate.enter(`address ${index}`, work))
  await turn()
  expect([one.begun(), two.begun(), three.begun()]).toStrictEqual([true, true, false])
  two.end()
  await all[1]
  await turn()
  expect(three.begun()).toBe(true)
  one.end()
  three.end()
  expect(await Promise.all(all)).toStrictEqual(['done', 'done', 'done'])
})

test('one address cannot take the place of others', async () => {
  const gate = createBodyGate({ atOnce: 4, perAddress: 1, maxWaiting: 5, waitMs: 60_000 })
  const [held, queued, other] = [job(), job(), job()] as const
  const all = [
    gate.enter('dripping', held.work),
    gate.enter('dripping', queued.work),
    gate.enter('honest', other.work),
  ]
  await turn()
  expect([held.begun(), queued.begun(), other.begun()]).toStrictEqual([true, false, true])
  for (const each of [held, queued, other]) each.end()
  await Promise.all(all)
})

test('who waits for too long is turned away, and so is who comes when too many wait', async () => {
  const gate = createBodyGate({ atOnce: 1, perAddress: 1, maxWaiting: 1, waitMs: 20 })
  const held = job()
  const holding = gate.enter('a', held.work)
  const waiting = gate.enter('b', job().work)
  await expect(gate.enter('c', job().work)).rejects.toThrow(GateClosed)
  await expect(waiting).rejects.toThrow(GateClosed)
  held.end()
  await holding
  const last = job()
  last.end()
  expect(await gate.enter('d', last.work)).toBe('done')
})

test('work that fails makes room too', async () => {
  const gate = createBodyGate({ atOnce: 1, perAddress: 1, maxWaiting: 1, waitMs: 20 })
  for (let attempt = 0; attempt < 3; attempt++) {
    await expect(gate.enter('a', () => Promise.reject(new Error('cut')))).rejects.toThrow('cut')
  }
})

test('who leaves makes room for one who fits, not for the next of an address that has its share', async () => {
  const gate = createBodyGate({ atOnce: 2, perAddress: 1, maxWaiting: 5, waitMs: 60_000 })
  const [held, honest, queued, other] = [job(), job(), job(), job()] as const
  const all = [
    gate.enter('dripping', held.work),
    gate.enter('honest', honest.work),
    gate.enter('dripping', queued.work),
    gate.enter('other', other.work),
  ]
  honest.end()
  await all[1]
  await turn()
  expect([queued.begun(), other.begun()]).toStrictEqual([false, true])
  for (const each of [held, queued, other]) each.end()
  await Promise.all(all)
})

test('an address of which one leaves still has its others inside', async () => {
  const gate = createBodyGate({ atOnce: 9, perAddress: 2, maxWaiting: 5, waitMs: 60_000 })
  const [one, two, three, late] = [job(), job(), job(), job()] as const
  const all = [one, two, three].map(({ work }) => gate.enter('a', work))
  one.end()
  await all[0]
  all.push(gate.enter('a', late.work))
  await turn()
  expect([two.begun(), three.begun(), late.begun()]).toStrictEqual([true, true, false])
  for (const each of [two, three, late]) each.end()
  await Promise.all(all)
})
