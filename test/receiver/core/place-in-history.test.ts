import { expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { placeInHistory } from '../../../receiver/core/place-in-history.ts'

const made = (id: string, what: Partial<Deployment>): Deployment => ({
  id,
  app: 'api',
  action: 'deploy',
  status: 'succeeded',
  image: { repository: 'ghcr.io/acme/api' },
  source: {},
  created_at: '2026-03-01T12:00:00Z',
  steps: [],
  ...what,
})
const LIVE = { live_at: '2026-03-01T12:00:00Z' }
// oldest first
const HISTORY = [
  made('one', LIVE),
  made('skipped', { status: 'superseded' }),
  made('instead', LIVE),
  made('failed', { status: 'failed' }),
  made('newest', LIVE),
].toReversed()

test.for([
  ['one', { replaced_by: 'instead' }],
  ['skipped', { superseded_by: 'instead' }],
  ['instead', { superseded: 'skipped', replaced_by: 'newest' }],
  ['failed', {}],
  ['newest', {}],
  ['unknown', {}],
] as const)('of %s it is known what came before and after', ([id, place]) => {
  expect(placeInHistory(HISTORY, id)).toStrictEqual(place)
})

test('history is read no further than to the one before', () => {
  const read: string[] = []
  const reading = HISTORY.values().map((each) => {
    read.push(each.id)
    return each
  })
  placeInHistory(reading, 'failed')
  expect(read).toEqual(['newest', 'failed', 'instead'])
})
