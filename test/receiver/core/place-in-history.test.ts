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
const HISTORY = [
  made('one', LIVE),
  made('skipped', { status: 'superseded' }),
  made('instead', LIVE),
  made('failed', { status: 'failed' }),
  made('newest', LIVE),
]

/** What is known of one of them, and which newer ones were read for it. */
function placeOf(id: string) {
  const at = HISTORY.findIndex((each) => each.id === id)
  const read: string[] = []
  const newer = HISTORY.slice(at + 1)
    .values()
    .map((each) => {
      read.push(each.id)
      return each
    })
  const deployment = HISTORY[at] ?? made(id, {})
  return { place: placeInHistory(deployment, { before: HISTORY[at - 1], newer }), read }
}

test.for([
  ['one', { replaced_by: 'instead' }],
  ['skipped', { superseded_by: 'instead' }],
  ['instead', { superseded: 'skipped', replaced_by: 'newest' }],
  ['failed', {}],
  ['newest', {}],
] as const)('of %s it is known what came before and after', ([id, place]) => {
  expect(placeOf(id).place).toStrictEqual(place)
})

test('history is read no further than to the one that is live after it', () => {
  expect(placeOf('one').read).toEqual(['skipped', 'instead'])
  expect(placeOf('skipped').read).toEqual(['instead'])
})
