import { expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../../../receiver/edges/store/settings.ts'
import { createStore } from '../../../../receiver/edges/store/store.ts'

const AT = '2026-03-01T12:00:00Z'
const made = (id: string): Deployment => ({
  id,
  app: 'api',
  action: 'deploy',
  status: 'queued',
  image: { repository: 'ghcr.io/acme/api' },
  source: {},
  created_at: AT,
  steps: [],
})

test('the oldest events are forgotten, but not those of what is live, and no record is', () => {
  const database = openDatabase(':memory:')
  const store = createStore(database, createSettingsVault(database, Buffer.alloc(32, 7)))
  const ids = ['live', 'old', 'newer', 'newest']
  for (const id of ids) {
    store.add(made(id))
    store.append(id, { type: 'started', at: AT })
    store.append(id, { type: 'live', at: AT }, { live: id === 'live' })
    store.append(id, { type: 'finished', at: AT, status: 'succeeded' })
  }
  const kept = () => ids.map((id) => store.events(id, 0).length)
  store.pruneEvents()
  expect(kept()).toEqual([3, 3, 3, 3])
  store.pruneEvents(4)
  expect(kept()).toEqual([3, 0, 1, 3])
  expect(ids.map((id) => store.get(id)?.deployment.status)).toEqual(ids.map(() => 'succeeded'))
})

test('newer deployments of the same app come in their order', () => {
  const database = openDatabase(':memory:')
  const store = createStore(database, createSettingsVault(database, Buffer.alloc(32, 7)))
  for (const id of ['one', 'two', 'three']) store.add(made(id))
  store.add({ ...made('other'), app: 'web' })
  const newer = (id: string) => [...store.newer(made(id))].map((each) => each.id)
  expect(newer('one')).toEqual(['two', 'three'])
  expect(newer('three')).toEqual([])
})
