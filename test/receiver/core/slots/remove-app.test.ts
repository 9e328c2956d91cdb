import { beforeEach, expect, test } from 'vitest'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { removeApp } from '../../../../receiver/core/slots/remove-app.ts'
import { showApps } from '../../../../receiver/core/slots/show-apps.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

let world: FakeWorld
let removed: string[]
beforeEach(() => {
  world = createFakeWorld()
  removed = []
})

const sites = {
  remove: async (app: string) => {
    removed.push(`site ${app}`)
    return true
  },
}

const remove = () =>
  removeApp('api', {
    engine: world.ports.engine,
    sites,
    slots: { clear: (app) => void removed.push(`flags ${app}`) },
    record: { forget: (app) => void removed.push(`addresses ${app}`) },
    journal: { ...world.store, transaction: (work) => work() },
    clock: world.clock,
  })

test('an app goes out of Nginx, then its containers go, then where it stood', async () => {
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  expect(await remove()).toEqual(["Nginx's file", 'container api-1-blue', 'its place in the store'])
  expect(removed).toEqual(['site api', 'flags api', 'addresses api'])
  expect(world.containers.size).toBe(0)
  expect(world.store.live('api')).toBeUndefined()
  expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
  expect(world.store.get('dep_2')?.deployment).toMatchObject({
    status: 'failed',
    error: { code: 'app_removed', message: 'api was removed from this machine' },
  })
})

test('of an app of which only the file is left, that is all', async () => {
  expect(await remove()).toEqual(["Nginx's file"])
})

test('Nginx is told of all apps at once, and of a worker that it has none', async () => {
  const told: unknown[] = []
  await showApps(
    [APP, { ...APP, name: 'web', replicas: 2 }, { ...APP, name: 'job', http: false }],
    {
      sites: {
        ...sites,
        ensure: async (upstreams) => {
          told.push(upstreams)
          return true
        },
      },
      record: world.ports.record,
    },
  )
  const both = (replicas: number) => ({
    blue: { port: 8000, replicas },
    green: { port: 8000, replicas },
  })
  expect(told).toEqual([{ api: both(1), web: both(2) }])
  expect(removed).toEqual(['site job'])
})

test('an app whose port only its image knows is shown at 80 until then', async () => {
  const { port: _port, ...unknown } = APP
  const told: unknown[] = []
  await showApps([unknown], {
    sites: { ...sites, ensure: async (upstreams) => (told.push(upstreams), true) },
    record: world.ports.record,
  })
  expect(told).toMatchObject([{ api: { blue: { port: 80 }, green: { port: 80 } } }])
})
