import { expect, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import type { Project } from '../../../../receiver/core/project/project.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const PROJECT: Project = {
  source: { files: ['/srv/shop/compose.yaml'], profiles: [] },
  name: 'shop',
  service: 'web',
  oneOffs: [{ name: 'migrate', container: APP.container, replicas: 1 }],
  workers: [{ name: 'worker', container: { ...APP.container, stopGraceMs: 7000 }, replicas: 1 }],
  dependencies: [{ service: 'db', condition: 'service_healthy' }],
  oneOffMs: 60_000,
  resources: { networks: { default: {} }, volumes: {} },
  passedOver: [],
}
const SHOP: AppSpec = { ...APP, project: PROJECT }

const deploy = (world: FakeWorld, app = SHOP) => reconcile(app, world.ports, forever)
const get = (world: FakeWorld, id: string) => world.store.get(id)?.deployment
const standing = ({ containers }: FakeWorld) =>
  [...containers.values()].map(({ name, running }) => `${name}${running ? '' : ' stands still'}`)

/** A world in which the project's first release is live. */
async function worldWithOneLive(): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await deploy(world)
  expect(get(world, 'dep_1')?.status).toBe('succeeded')
  world.calls.length = 0
  return world
}

test('dependencies and one-off services come before the start, workers after the swap', async () => {
  const world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await deploy(world)
  expect(world.calls).toStrictEqual([
    'pull 1111',
    'ensure shop',
    'up db',
    'run api-1_migrate_1',
    'start api-1-blue',
    'flag blue',
    'start api-1_worker_1',
  ])
  expect(get(world, 'dep_1')?.steps.map(({ name }) => name)).toStrictEqual([
    'resolve',
    'pull',
    'services',
    'migrate',
    'start',
    'health',
    'swap',
    'workers',
    'watch',
    'drain',
    'retire',
  ])
  expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1_worker_1'])
  expect(world.project.overrides.at(-1)).toBe(`${APP.image.repository}@${DIGEST.one}`)
})

test('the next one leaves the database alone, and the old worker ends before the new one starts', async () => {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await deploy(world)
  expect(world.calls).toStrictEqual([
    'pull 2222',
    'ensure shop',
    'run api-2_migrate_1',
    'start api-2-green',
    'flag green',
    'stop api-1_worker_1',
    'start api-2_worker_1',
    'stop api-1-blue',
    'remove api-1-blue',
    'remove api-1_worker_1',
  ])
  expect(standing(world)).toStrictEqual(['api-2-green', 'api-2_worker_1'])
  // what it printed last can be read still
  expect(world.ports.keptLogs.generations('api.worker')).toStrictEqual([1])
})

test('a rollback brings back the workers, and runs no migration', async () => {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await deploy(world)
  world.calls.length = 0
  world.accept({ id: 'dep_3', digest: DIGEST.one, action: 'rollback', settingsOf: 'dep_1' })
  await deploy(world)
  expect(world.calls.filter((call) => /migrate|worker/.test(call))).toStrictEqual([
    'stop api-2_worker_1',
    'start api-3_worker_1',
    'remove api-2_worker_1',
  ])
  expect(world.containers.get('api-3_worker_1')?.digest).toBe(DIGEST.one)
})

test.for([
  [
    'a migration that fails',
    (world: FakeWorld): void => void (world.releases.exitCode = 3),
    'release_failed',
  ],
  [
    'a database that gets unhealthy',
    (world: FakeWorld): void => {
      world.project.containers.delete('db')
      world.project.starts.set('db', { health: 'unhealthy' })
    },
    'dependency_failed',
  ],
  [
    'a database that never gets healthy',
    (world: FakeWorld): void => {
      world.project.containers.delete('db')
      world.project.starts.set('db', { health: 'starting' })
    },
    'dependency_failed',
  ],
  [
    'a Compose that fails',
    (world: FakeWorld): void =>
      void world.failures.set('ensure', new DeployError('compose_failed', 'it hangs')),
    'compose_failed',
  ],
] as const)('%s leaves all as it was', async ([, breakIt, code]) => {
  const world = await worldWithOneLive()
  breakIt(world)
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await deploy(world)
  expect(get(world, 'dep_2')).toMatchObject({ status: 'failed', error: { code } })
  expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1_worker_1'])
  expect(world.calls.filter((call) => call.startsWith('stop'))).toStrictEqual([])
  expect(world.project.overrides.at(-1)).toBe(`${APP.image.repository}@${DIGEST.one}`)
})

test('a worker that fails after the swap takes all of them back', async () => {
  const world = await worldWithOneLive()
  const { startService } = world.ports.engine
  world.ports.engine.startService = async (plan) => {
    await startService(plan)
    const made = [...world.containers.values()].find(({ name }) => name === 'api-2_worker_1')
    if (plan.digest === DIGEST.two && made !== undefined) {
      Object.assign(made, { running: false, exitCode: 1 })
    }
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await deploy(world)
  const failed = get(world, 'dep_2')
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'rolled_back' } })
  expect(failed?.error?.message).toContain('the service worker: the container of api exited')
  expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1_worker_1'])
  expect(world.ports.slots.live('api')).toBe('blue')
  expect(world.store.live('api')?.deployment.id).toBe('dep_1')
})

test('a receiver that dies at any call goes on, and ends with one digest', async () => {
  const calls = async (diesAt: number): Promise<number> => {
    const world = await worldWithOneLive()
    const killed = new AbortController()
    world.calls.push = (call) => {
      const count = Array.prototype.push.call(world.calls, call)
      if (count >= diesAt) killed.abort(new Error('killed'))
      return count
    }
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await reconcile(SHOP, world.ports, killed.signal).catch(() => {})
    const made = world.calls.length
    await deploy(world)
    expect(get(world, 'dep_2')?.status).toBe('succeeded')
    expect(standing(world).toSorted()).toStrictEqual(['api-2-green', 'api-2_worker_1'])
    expect(world.releases.started).toBe(2)
    return made
  }
  const all = await calls(Infinity)
  for (let diesAt = 1; diesAt < all; diesAt++) await calls(diesAt)
})

test('a worker that somebody removed or stopped runs again at the next look', async () => {
  const world = await worldWithOneLive()
  world.containers.delete('api-1_worker_1')
  await deploy(world)
  Object.assign(world.containers.get('api-1_worker_1') ?? {}, { running: false })
  await deploy(world)
  expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1_worker_1'])
})

test('on a machine that lost all of it the networks and the database come back before the app', async () => {
  const world = await worldWithOneLive()
  world.containers.clear()
  world.project.containers.clear()
  await deploy(world)
  expect(world.calls.filter((call) => !call.startsWith('pull'))).toStrictEqual([
    'ensure shop',
    'up db',
    'start api-1-blue',
    'start api-1_worker_1',
  ])
  // without its database it runs all the same
  world.containers.clear()
  world.project.containers.clear()
  world.failures.set('up', new DeployError('compose_failed', 'no such image'))
  await deploy(world)
  expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1_worker_1'])
  expect(world.reports.join('\n')).toContain('what the app waits for is not there')
})

test('a service that left the project, or the project that left the app, is retired', async () => {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await deploy(world, { ...SHOP, project: { ...PROJECT, workers: [] } })
  expect(standing(world)).toStrictEqual(['api-2-green'])
  world.accept({ id: 'dep_3', digest: DIGEST.one })
  await deploy(world)
  world.accept({ id: 'dep_4', digest: DIGEST.two })
  await deploy(world, APP)
  expect(standing(world)).toStrictEqual(['api-4-green'])
})

test('each deployment reads the project anew, and one that Compose refuses touches nothing', async () => {
  const world = await worldWithOneLive()
  const read: string[] = []
  const fresh = async (app: AppSpec) => {
    read.push(app.name)
    return { ...app, project: { ...PROJECT, workers: [] } }
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await reconcile(SHOP, { ...world.ports, fresh }, forever)
  expect(read).toStrictEqual(['api'])
  expect(standing(world)).toStrictEqual(['api-2-green'])
  world.calls.length = 0
  const refused = () => Promise.reject(new DeployError('compose_failed', 'it is no YAML'))
  world.accept({ id: 'dep_3', digest: DIGEST.one })
  await reconcile(SHOP, { ...world.ports, fresh: refused }, forever)
  expect(get(world, 'dep_3')).toMatchObject({
    status: 'failed',
    error: { code: 'compose_failed', message: 'it is no YAML' },
  })
  expect(standing(world)).toStrictEqual(['api-2-green'])
})

test.for(['no', 'on-failure'] as const)(
  'a service that ends with 0 and is restarted %s is done, and does its work once',
  async (name) => {
    const app: AppSpec = {
      ...SHOP,
      project: {
        ...PROJECT,
        workers: ['seed', 'worker'].map((each) => ({
          name: each,
          container: { ...APP.container, restart: { name, maximumRetries: 0 } },
          replicas: 1,
        })),
      },
    }
    const world = createFakeWorld()
    const { startService } = world.ports.engine
    let isBroken = false
    world.ports.engine.startService = async (plan) => {
      await startService(plan)
      const end = (service: string, how: object) => {
        const made = world.containers.get(`api-${plan.generation}_${service}_1`)
        if (plan.service.name === service)
          Object.assign(made ?? {}, { running: false, pid: 0 }, how)
      }
      end('seed', { doneAt: world.clock.now() })
      if (isBroken) end('worker', { exitCode: 1 })
    }
    const seeds = () => world.calls.filter((call) => /^start.*_seed_/.test(call))
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await deploy(world, app)
    expect(get(world, 'dep_1')?.status).toBe('succeeded')
    // at each look afterwards
    await deploy(world, app)
    expect(seeds()).toStrictEqual(['start api-1_seed_1'])

    // the old worker ended with 0 when it was told to: it runs again, and the seed is done still
    isBroken = true
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await deploy(world, app)
    expect(get(world, 'dep_2')?.error?.code).toBe('rolled_back')
    expect(standing(world)).toStrictEqual([
      'api-1-blue',
      'api-1_seed_1 stands still',
      'api-1_worker_1',
    ])
    expect(seeds()).toStrictEqual(['start api-1_seed_1', 'start api-2_seed_1'])
    isBroken = false

    // so it does after the app was stopped
    const stopped = { wasInMaintenance: false, awaits: [] }
    await world.clock.sleep(1000, forever)
    world.ports.record.setStopped('api', {
      ...stopped,
      since: world.clock.now(),
      isStarting: false,
    })
    await deploy(world, app)
    expect(standing(world)[2]).toBe('api-1_worker_1 stands still')
    const since = world.ports.record.stopped('api')?.since ?? ''
    world.ports.record.setStopped('api', { ...stopped, since, isStarting: true })
    await deploy(world, app)
    expect(standing(world)[2]).toBe('api-1_worker_1')
    expect(seeds()).toHaveLength(2)

    // and on-failure when Docker or the machine went down, after which Docker does not start it
    await world.ports.engine.stop('api-1_worker_1', { graceMs: 0 })
    await deploy(world, app)
    expect(standing(world)[2]).toBe(`api-1_worker_1${name === 'no' ? ' stands still' : ''}`)
  },
)

test('a service that fails and is not restarted fails the deployment', async () => {
  const world = await worldWithOneLive()
  const { startService } = world.ports.engine
  world.ports.engine.startService = async (plan) => {
    await startService(plan)
    const made = world.containers.get('api-2_worker_1')
    if (made !== undefined) Object.assign(made, { running: false, exitCode: 2 })
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const [worker] = PROJECT.workers
  const container = { ...APP.container, restart: { name: 'no', maximumRetries: 0 } } as const
  const workers = worker === undefined ? [] : [{ ...worker, container }]
  await deploy(world, { ...SHOP, project: { ...PROJECT, workers } })
  expect(get(world, 'dep_2')?.error?.message).toContain('exited with code 2')
})
