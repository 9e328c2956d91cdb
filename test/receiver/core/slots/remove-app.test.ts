import { beforeEach, describe, expect, test } from 'vitest'
import type { AppSpec, DockerApp } from '../../../../receiver/core/app.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
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

const remove = (volumes = false, configured: DockerApp[] = []) =>
  removeApp(
    { app: 'api', volumes },
    {
      engine: world.ports.engine,
      sites,
      slots: { clear: (app) => void removed.push(`flags ${app}`) },
      record: {
        allVolumes: (app) => world.record.allVolumes(app),
        forget: (app) => void removed.push(`addresses ${app}`),
        forgetVolumes: (app, names) => world.record.forgetVolumes(app, names),
      },
      keptLogs: world.ports.keptLogs,
      compose: world.ports.compose,
      connections: world.ports.connections,
      journal: { ...world.store, transaction: (work) => work() },
      clock: world.clock,
      apps: { all: () => new Map(configured.map((app) => [app.name, app])) },
    },
    new AbortController().signal,
  )

test('an app goes out of Nginx, then its containers go, then where it stood', async () => {
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  await world.ports.keptLogs.keep({ app: 'api', generation: 1, replica: 1 }, [
    { at: 'x', text: '' },
  ])
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  expect(await remove()).toStrictEqual({
    removed: ["Nginx's file", 'container api-1-blue', 'its place in the store'],
    kept: [],
  })
  expect(removed).toStrictEqual(['site api', 'flags api', 'addresses api'])
  expect(world.containers.size).toBe(0)
  expect(world.ports.keptLogs.generations('api')).toEqual([])
  expect(world.store.live('api')).toBeUndefined()
  expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
  expect(world.store.get('dep_2')?.deployment).toMatchObject({
    status: 'failed',
    error: { code: 'app_removed', message: 'api was removed from this machine' },
  })
})

test('of an app of which only the file is left, that is all', async () => {
  expect(await remove()).toStrictEqual({ removed: ["Nginx's file"], kept: [] })
})

describe('the data of an app', () => {
  beforeEach(async () => {
    world.facts.set(DIGEST.one, { ports: [8000], volumes: ['/data'] })
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await reconcile(APP, world.ports, new AbortController().signal)
  })

  test('stays, is told of, and is there for an app of that name', async () => {
    expect((await remove()).kept).toStrictEqual(['api/data-1'])
    expect(world.volumes).toStrictEqual(new Set(['api/data-1']))
    world.accept({ id: 'dep_2', digest: DIGEST.one })
    await reconcile(APP, world.ports, new AbortController().signal)
    expect(world.plans.get('api-2-green')?.volumes).toMatchObject([{ volume: 'api/data-1' }])
  })

  test('goes when that is asked for, at once or later', async () => {
    expect((await remove(true)).removed).toContain('volume api/data-1')
    expect(world.volumes).toStrictEqual(new Set())
    expect(world.ports.record.volumes('api')).toStrictEqual([])
    expect((await remove(true)).kept).toStrictEqual([])
  })

  test('is left alone in a volume that another app names, as one has that was renamed', async () => {
    const container = { ...APP.container, volumes: ['/srv:/srv', 'api/data-1:/data:ro'] }
    const done = await remove(true, [{ ...APP, name: 'renamed', container }])
    expect(done.kept).toEqual([])
    expect(world.volumes).toEqual(new Set(['api/data-1']))
  })

  test('that somebody else’s container has stays on record', async () => {
    world.ports.engine.removeVolumes = async () => []
    expect((await remove(true)).kept).toStrictEqual(['api/data-1'])
    expect(world.ports.record.volumes('api')).toHaveLength(1)
  })
})

test('of a Compose project the data and the logs of its services go, too, and what Compose was told', async () => {
  world.facts.set(DIGEST.one, { ports: [8000], volumes: ['/data'] })
  const worker = { name: 'worker', container: APP.container, replicas: 1 }
  const project = {
    source: { files: ['/srv/shop/compose.yaml'], profiles: [] },
    name: 'shop',
    service: 'web',
    oneOffs: [],
    workers: [worker],
    dependencies: [],
    oneOffMs: 1000,
    resources: { networks: {}, volumes: {} },
    passedOver: [],
  }
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile({ ...APP, project }, world.ports, new AbortController().signal)
  const of = { app: 'api.worker', generation: 1, replica: 1 }
  await world.ports.keptLogs.keep(of, [{ at: 'x', text: '' }])
  const others = { ...of, app: 'api-b.worker' }
  await world.ports.keptLogs.keep(others, [{ at: 'x', text: '' }])
  world.record.addVolumes('api-b.worker', [{ path: '/data', replica: 1, volume: 'others' }])
  const done = await remove(true)
  expect(done.removed).toEqual(
    expect.arrayContaining(['container api-1_worker_1', 'volume api.worker/data-1']),
  )
  expect(world.record.allVolumes('api')).toEqual([])
  expect(world.ports.keptLogs.generations('api.worker')).toEqual([])
  expect(world.calls).toContain('forget api')
  expect(world.record.allVolumes('api-b')).toEqual(['others'])
  expect(world.ports.keptLogs.generations('api-b.worker')).toEqual([1])
})

test('what it was asked before it left Nginx it answers first', async () => {
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  world.openConnections.set('api-1-blue', 1)
  world.clock.during = () => {
    if (!removed.includes('answered')) removed.push('answered')
    expect(world.containers.size).toBe(1)
    world.openConnections.clear()
  }
  await remove()
  expect(removed).toStrictEqual(['site api', 'answered', 'flags api', 'addresses api'])
  expect(world.containers.size).toBe(0)
})

describe('the apps that are shown', () => {
  let told: unknown[]
  let refusal: Error | undefined
  const show = (...apps: AppSpec[]) =>
    showApps(apps, {
      journal: world.store,
      sites: {
        ...sites,
        async ensure(upstreams) {
          told.push(upstreams)
          return { changed: true, warnings: ['a word', 'of Nginx'] }
        },
        async ask(app) {
          if (app === 'web' && refusal !== undefined) throw refusal
          return { warning: 'it does not run' }
        },
      },
      record: world.ports.record,
      signal: new AbortController().signal,
    })
  beforeEach(() => {
    told = []
    refusal = undefined
  })

  test('are told to Nginx at once, and of a worker that it has none', async () => {
    await show(APP, { ...APP, name: 'web', replicas: 2 }, { ...APP, name: 'job', http: false })
    const both = (replicas: number) => ({
      blue: { port: 8000, replicas },
      green: { port: 8000, replicas },
    })
    expect(told).toEqual([{ api: both(1), web: both(2) }])
    expect(removed).toEqual(['site job'])
  })

  test('have port 80 where only the image knows it, until then', async () => {
    const { port: _port, ...unknown } = APP
    await show(unknown)
    expect(told).toMatchObject([{ api: { blue: { port: 80 }, green: { port: 80 } } }])
  })

  test('that are not served are warned of, and so is what Nginx says, each once', async () => {
    const apps = [APP, { ...APP, name: 'web' }, { ...APP, name: 'third' }]
    expect(await show(...apps)).toEqual(['Nginx: a word', 'Nginx: of Nginx', 'it does not run'])
    refusal = new DeployError('not_served', 'nothing listens', { hint: 'start it' })
    expect((await show(...apps)).at(-1)).toBe('web is not served: nothing listens; start it')
    refusal = new Error('a defect')
    await expect(show(...apps)).rejects.toThrow('a defect')
  })
})
