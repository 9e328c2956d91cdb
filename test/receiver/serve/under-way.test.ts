import { expect, test } from 'vitest'
import { memoryOfNotes, notesIn, readNotes } from '../../../receiver/serve/under-way.ts'

test('what is under way is read from the same memory, the newest first', () => {
  const memory = memoryOfNotes()
  const note = notesIn(memory)
  const [first, second] = ['step pull of api', 'request GET /healthz'].map(note)
  note('request POST /hooks/ä…')
  expect(readNotes(memory, 9)).toEqual([
    'request POST /hooks/ä…',
    'request GET /healthz',
    'step pull of api',
  ])
  second?.()
  // in the place of the one that ended
  note('request GET /apps')
  expect(readNotes(memory, 2)).toEqual(['request GET /apps', 'request POST /hooks/ä…'])
  first?.()
  expect(readNotes(memory, 9)).toHaveLength(2)
})

test('more than there was room for is noted as well, up to a bound', () => {
  const memory = memoryOfNotes()
  const note = notesIn(memory)
  const ends = Array.from({ length: 20_000 }, (_, number) => note(`request ${number}`))
  expect(readNotes(memory, 1)).toEqual(['request 16383'])
  for (const end of ends) end()
  expect(readNotes(memory, 9)).toEqual([])
  note('x'.repeat(5000))
  expect(readNotes(memory, 9)).toEqual(['x'.repeat(1016)])
})
