import { expect, test } from 'vitest'
import { createTurns } from '../../../../receiver/edges/nginx/turns.ts'

/** Turns of which what was done is noted, for `wrong` in vain. */
function noted() {
  const done: string[] = []
  const { inTurn, together } = createTurns()
  const write = together(async (wishes: readonly string[]) => {
    await Promise.resolve()
    done.push(wishes.join('+'))
    if (wishes.includes('wrong')) throw new Error('it is wrong')
    return wishes.length
  })
  const remove = (what: string) => inTurn(async () => void done.push(`without ${what}`))
  return { done, write, remove }
}

test('what waits side by side is done at once', async () => {
  const { done, write } = noted()
  const first = write('a')
  await Promise.resolve()
  await Promise.resolve()
  const others = [write('b'), write('c'), write('d')]
  expect(await first).toBe(1)
  expect(await Promise.all(others)).toStrictEqual([3, 3, 3])
  expect(done).toStrictEqual(['a', 'b+c+d'])
})

test('what comes between two stays between them', async () => {
  const { done, write, remove } = noted()
  await Promise.all([write('a'), write('b'), remove('a'), write('a'), write('c'), remove('c')])
  expect(done).toStrictEqual(['a+b', 'without a', 'a+c', 'without c'])
})

test('two kinds of work do not share a turn', async () => {
  const { together } = createTurns()
  const done: string[] = []
  const kind = (name: string) =>
    together(async (wishes: readonly string[]) => void done.push(`${name} ${wishes.join('+')}`))
  const [one, other] = [kind('one'), kind('other')]
  await Promise.all([one('a'), one('b'), other('a'), other('b'), one('c')])
  expect(done).toStrictEqual(['one a+b', 'other a+b', 'one c'])
})

test('where one is wrong, each is done by itself, before whatever came later', async () => {
  const { done, write, remove } = noted()
  const [a, wrong, b] = await Promise.allSettled([
    write('a'),
    write('wrong'),
    write('b'),
    remove('b'),
  ])
  expect([a, b]).toStrictEqual([
    { status: 'fulfilled', value: 1 },
    { status: 'fulfilled', value: 1 },
  ])
  expect(wrong).toMatchObject({ status: 'rejected', reason: { message: 'it is wrong' } })
  expect(done).toStrictEqual(['a+wrong+b', 'a', 'wrong', 'b', 'without b'])
})

test('one that is wrong alone is not done twice, and others go on', async () => {
  const { done, write } = noted()
  await expect(write('wrong')).rejects.toThrow('it is wrong')
  expect(await write('a')).toBe(1)
  expect(done).toStrictEqual(['wrong', 'a'])
})
