import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { giveMemoryBack } from '../../../receiver/serve/give-memory-back.ts'

/** What nobody has any more; a reference keeps it until the turn of the loop in which it was made is over. */
const forgotten = () => new WeakRef({ of: 'a start' })

test('what nobody has any more is given back at once, and no script gets at the collector', async () => {
  const gone = forgotten()
  await turn()
  giveMemoryBack()
  expect(gone.deref()).toBeUndefined()
  expect(runInNewContext('typeof gc')).toBe('undefined')
})

test('it can be given back again and again', async () => {
  for (let hour = 0; hour < 2; hour++) {
    const gone = forgotten()
    await turn()
    giveMemoryBack()
    expect(gone.deref()).toBeUndefined()
  }
})
