import { expect, test } from 'vitest'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createSlotRecord } from '../../../../receiver/edges/store/slot-record.ts'

test('previews have blocks of a subnet of their own, and when there is none left it says which key to change', () => {
  const database = openDatabase(':memory:')
  const subnet = '10.214.0.0/28'
  const isolated = { subnet, has: (app: string) => app.startsWith('api--') }
  const record = createSlotRecord(database, '10.213.0.0/24', isolated)
  expect(record.address('api--one', 'blue', 1)).toBe('10.214.0.2')
  expect(record.address('api--two', 'blue', 1)).toBe('10.214.0.10')
  expect(() => record.address('api--three', 'blue', 1)).toThrow(
    'no addresses are left in 10.214.0.0/28 for api--three: 2 previews stand in it',
  )
  database.close()
})
