import { expect, test } from 'vitest'
import { inParallel } from '../../../../receiver/core/slots/in-parallel.ts'

const forever = new AbortController().signal

/** Rejects with the signal's reason when it aborts. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

test('the results come in the order of the replicas, whichever ends first', async () => {
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>())
  const all = inParallel([0, 1, 2], forever, async (replica) => {
    await gates[replica]?.promise
    return `replica ${replica}`
  })
  for (const gate of gates.toReversed()) gate.resolve()
  expect(await all).toStrictEqual(['replica 0', 'replica 1', 'replica 2'])
})

test('all begin at once', async () => {
  const begun: number[] = []
  const gate = Promise.withResolvers<void>()
  const all = inParallel([1, 2, 3], forever, async (replica) => {
    begun.push(replica)
    await gate.promise
  })
  expect(begun).toStrictEqual([1, 2, 3])
  gate.resolve()
  await all
})

test('nothing is nothing', async () => {
  expect(await inParallel([], forever, async () => 1)).toStrictEqual([])
})

test('the first failure stops the others, and is what is thrown', async () => {
  const stopped: unknown[] = []
  const all = inParallel([1, 2, 3], forever, async (replica, signal) => {
    if (replica === 2) throw new Error('the second failed')
    await untilAborted(signal).catch((error: unknown) => {
      stopped.push(error)
      throw new Error(`${replica} was stopped`)
    })
  })
  await expect(all).rejects.toThrow('the second failed')
  expect(stopped).toStrictEqual(
    Array(2).fill(expect.objectContaining({ message: 'the second failed' })),
  )
})

test('a failure is thrown only when all have ended: nothing runs on behind it', async () => {
  const gate = Promise.withResolvers<void>()
  let ended = false
  const all = inParallel([1, 2], forever, async (replica) => {
    if (replica === 1) throw new Error('no')
    await gate.promise
    ended = true
  })
  let thrown = false
  const seen = all.catch(() => {
    thrown = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect([thrown, ended]).toStrictEqual([false, false])
  gate.resolve()
  await seen
  expect([thrown, ended]).toStrictEqual([true, true])
})

test('a receiver that stops is told as that, not as a failure of a replica', async () => {
  const stopping = new AbortController()
  const all = inParallel([1, 2], stopping.signal, (_, signal) =>
    untilAborted(signal).catch(() => {
      throw new Error('a replica failed')
    }),
  )
  stopping.abort(new Error('the receiver stops'))
  await expect(all).rejects.toThrow('the receiver stops')
})
