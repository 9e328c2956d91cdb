import { beforeEach, describe, expect, test } from 'vitest'
import type { StepName } from '../../../../receiver/core/slots/next-step.ts'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import type { ContainerPlan } from '../../../../receiver/core/slots/ports.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const { port: _port, ...WITHOUT_PORT } = APP

let world: FakeWorld
beforeEach(() => {
  world = createFakeWorld()
})

async function deploy(id: string, digest: string, app: DockerApp = APP) {
  world.accept({ id, digest })
  world.calls.length = 0
  await reconcile(app, world.ports, forever)
  const stored = world.store.get(id)
  if (stored === undefined) throw new Error(`${id} is not on record`)
  const msOf = (name: StepName) =>
    stored.deployment.steps.find((step) => step.name === name)?.ms ?? 0
  const messageOf = (name: StepName) =>
    world.store
      .events(id, 0)
      .flatMap(({ event }) =>
        event.type === 'step' && event.step === name && event.message !== undefined
          ? [event.message]
          : [],
      )
      .at(-1)
  return { ...stored.deployment, msOf, messageOf }
}

test('connections that stay hold the old container up to the drain limit, and no longer', async () => {
  await deploy('dep_1', DIGEST.one)
  world.openConnections.set('api-1-blue', 1)
  const { msOf, messageOf } = await deploy('dep_2', DIGEST.two)
  expect(msOf('drain')).toBe(APP.drainMs)
  expect(messageOf('drain')).toBe('1 connections left after 5 s')
})

test('of a recreated app the requests under way have as long', async () => {
  const app: DockerApp = { ...APP, strategy: 'recreate' }
  await deploy('dep_1', DIGEST.one, app)
  world.openConnections.set('api-1-blue', 1)
  const { stop } = world.ports.engine
  let stoppedAt = 0
  world.ports.engine.stop = (...args) => {
    stoppedAt = world.clock.ms()
    return stop(...args)
  }
  const { pause } = world.ports.slots
  let pausedAt = 0
  world.ports.slots.pause = (name) => {
    pausedAt = world.clock.ms()
    pause(name)
  }
  await deploy('dep_2', DIGEST.two, app)
  expect(stoppedAt - pausedAt).toBe(APP.drainMs)
})

test('load balancers have their time before anything stops, and the app is up again with the swap', async () => {
  const app: DockerApp = { ...APP, strategy: 'recreate', drainBalancerMs: 15_000 }
  await deploy('dep_1', DIGEST.one, app)
  expect(world.calls).not.toContain('drain api')
  const times: [string, number][] = []
  const { setDrained, pause } = world.ports.slots
  world.ports.slots.setDrained = (name, isOn) => {
    times.push([isOn ? 'drain' : 'undrain', world.clock.ms()])
    setDrained(name, isOn)
  }
  world.ports.slots.pause = (name) => {
    times.push(['pause', world.clock.ms()])
    pause(name)
  }
  expect((await deploy('dep_2', DIGEST.two, app)).status).toBe('succeeded')
  expect(times.map(([what]) => what)).toEqual(['drain', 'pause', 'undrain'])
  expect((times[1]?.[1] ?? 0) - (times[0]?.[1] ?? 0)).toBe(15_000)
  expect(world.flag.drained).toBe(false)
})

test('load balancers are told again when it failed', async () => {
  const app: DockerApp = { ...APP, strategy: 'recreate', drainBalancerMs: 15_000 }
  await deploy('dep_1', DIGEST.one, app)
  world.ports.engine.start = () => Promise.reject(new DeployError('start_failed', 'no'))
  expect((await deploy('dep_2', DIGEST.two, app)).status).toBe('failed')
  expect([world.calls.filter((call) => call.endsWith('drain api')), world.flag.drained]).toEqual([
    ['drain api', 'undrain api'],
    false,
  ])
})

test('a worker has no connections to wait for', async () => {
  const worker = { ...APP, http: false }
  await deploy('dep_1', DIGEST.one, worker)
  world.openConnections.set('api-1-blue', 1)
  const { msOf, messageOf } = await deploy('dep_2', DIGEST.two, worker)
  expect([msOf('drain'), messageOf('drain')]).toStrictEqual([0, 'nothing to drain'])
})

test('an app is watched for as long as it says', async () => {
  expect((await deploy('dep_1', DIGEST.one)).msOf('watch')).toBe(APP.watchMs)
})

test('whoever is stopped or removed has the time that the app gives it', async () => {
  const app: DockerApp = {
    ...APP,
    strategy: 'recreate',
    container: { ...APP.container, stopGraceMs: 12_345 },
  }
  await deploy('dep_1', DIGEST.one, app)
  const graces: string[] = []
  const { engine } = world.ports
  world.ports.engine = {
    ...engine,
    stop(name, options) {
      graces.push(`stop ${options.graceMs}`)
      return engine.stop(name, options)
    },
    remove(name, options) {
      graces.push(`remove ${options.graceMs}`)
      return engine.remove(name, options)
    },
  }
  await deploy('dep_2', DIGEST.two, app)
  expect(graces).toStrictEqual(['stop 12345', 'remove 12345'])
})

describe('Nginx', () => {
  const linesOf = (id: string) =>
    world.store
      .events(id, 0)
      .flatMap(({ event }) =>
        event.type === 'progress' && event.step === 'start' ? [event.message] : [],
      )

  test('is asked once it was told, and what it warns of is shown', async () => {
    world.nginx.warnings.value = ['conflicting server name "api.test"']
    world.nginx.answer.value = () => ({ warning: 'Nginx does not run' })
    expect(await deploy('dep_1', DIGEST.one)).toMatchObject({ status: 'succeeded' })
    expect(linesOf('dep_1')).toEqual([
      'warning: Nginx: conflicting server name "api.test"',
      'warning: Nginx does not run',
    ])
  })

  test('says what visitors come to an app by, which is told when it is news', async () => {
    world.nginx.answer.value = () => ({ url: 'http://api.test:8080' })
    expect(await deploy('dep_1', DIGEST.one)).toMatchObject({ url: 'http://api.test:8080' })
    expect(linesOf('dep_1')).toEqual(['visitors come to it by http://api.test:8080'])
  })

  test.for(['blue-green', 'recreate'] as const)(
    'that does not serve an app fails its deployment before anything is touched: %s',
    async (strategy) => {
      const app: DockerApp = { ...APP, strategy }
      await deploy('dep_1', DIGEST.one, app)
      world.nginx.answer.value = () => {
        throw new DeployError('not_served', 'another site has its name', { hint: 'rename it' })
      }
      expect(await deploy('dep_2', DIGEST.two, app)).toMatchObject({
        status: 'failed',
        error: { code: 'not_served', hint: 'rename it' },
      })
      expect([...world.containers.values()]).toMatchObject([{ name: 'api-1-blue', running: true }])
      expect(world.calls.filter((call) => /^(stop|start|pause|makeLive)/.test(call))).toEqual([])
    },
  )
})

test('a worker is not shown to Nginx', async () => {
  await deploy('dep_1', DIGEST.one, { ...APP, http: false })
  expect(world.shown.size).toBe(0)
  expect(world.plans.get('api-1-blue')?.port).toBe(0)
})

test.for<[string, readonly number[], Partial<DockerApp>, number | RegExp]>([
  ['the configured one', [1, 2], { port: 8000 }, 8000],
  ['the only one that the image has', [3000], {}, 3000],
  ['none, when the image has none', [], {}, /EXPOSEs no port/],
  ['none, when it has several', [3000, 3001], {}, /EXPOSEs 2 ports: 3000, 3001/],
])('the port is %s', async ([, ports, change, expected]) => {
  world.ports.images.image = async () => ({ ports, volumes: [] })
  const { error } = await deploy('dep_1', DIGEST.one, { ...WITHOUT_PORT, ...change })
  if (typeof expected === 'number') {
    expect(world.plans.get('api-1-blue')?.port).toBe(expected)
  } else {
    expect(error).toMatchObject({ code: 'no_port', message: expect.stringMatching(expected) })
    expect(world.containers.size).toBe(0)
  }
})

test('a flag that cannot be set fails the deployment, and the old one serves', async () => {
  await deploy('dep_1', DIGEST.one)
  world.failures.set('flag', new Error('ENOSPC: no space left on device'))
  expect(await deploy('dep_2', DIGEST.two)).toMatchObject({
    status: 'failed',
    error: { code: 'swap_failed', message: expect.stringContaining('ENOSPC') },
  })
  expect(world.flag.live).toBe('blue')
  expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
})

test('a plan says everything that the engine has to know', async () => {
  await deploy('dep_1', DIGEST.one)
  expect(world.plans.get('api-1-blue')).toStrictEqual({
    app: APP,
    deployment: 'dep_1',
    generation: 1,
    slot: 'blue',
    replica: 1,
    repository: APP.image.repository,
    digest: DIGEST.one,
    address: world.ports.record.address('api', 'blue', 1),
    port: 8000,
    volumes: [],
  } satisfies ContainerPlan)
})

test('of several replicas each line says which', async () => {
  const { messageOf } = await deploy('dep_1', DIGEST.one, { ...APP, replicas: 2 })
  expect(messageOf('health')).toMatch(/^replica 1: .+; replica 2: /)
})

test('of one replica no line says which', async () => {
  const { messageOf } = await deploy('dep_1', DIGEST.one)
  expect(messageOf('health')).not.toContain('replica')
})

test('the swap and what was retired are told by name', async () => {
  const first = await deploy('dep_1', DIGEST.one)
  expect([first.messageOf('swap'), first.messageOf('retire')]).toStrictEqual([
    'blue is live',
    'nothing to retire',
  ])
  const second = await deploy('dep_2', DIGEST.two)
  expect([second.messageOf('swap'), second.messageOf('retire')]).toStrictEqual([
    'green is live',
    'removed api-1-blue',
  ])
})

describe('a container that does not hear the signal to stop', () => {
  const ADVICE =
    /^removed (\S+); it did not end within 10 s of the signal to stop and was killed: init: true .*stop_signal/

  test('is told of each time, and once what to do about it', async () => {
    await deploy('dep_1', DIGEST.one)
    for (const each of ['api-1-blue', 'api-2-green']) world.deaf.add(each)
    expect((await deploy('dep_2', DIGEST.two)).messageOf('retire')).toMatch(ADVICE)
    expect((await deploy('dep_3', DIGEST.three)).messageOf('retire')).toBe(
      'removed api-2-green; it did not end within 10 s of the signal to stop and was killed',
    )
  })

  test('is told of too when it ended before the new one started', async () => {
    const app: DockerApp = { ...APP, strategy: 'recreate' }
    await deploy('dep_1', DIGEST.one, app)
    world.deaf.add('api-1-blue')
    expect((await deploy('dep_2', DIGEST.two, app)).messageOf('retire')).toMatch(ADVICE)
  })

  test.for<[string, Partial<DockerApp['container']>, boolean]>([
    ['has no time to end', { stopGraceMs: 0 }, false],
    ['used too much memory', {}, true],
  ])('is another one than one that %s', async ([, more, oomKilled]) => {
    const app = { ...APP, container: { ...APP.container, ...more } }
    await deploy('dep_1', DIGEST.one, app)
    world.deaf.add('api-1-blue')
    Object.assign(world.containers.get('api-1-blue') ?? {}, { oomKilled })
    expect((await deploy('dep_2', DIGEST.two, app)).messageOf('retire')).toBe('removed api-1-blue')
  })
})

test('what stays warm is told with its time', async () => {
  const app: DockerApp = { ...APP, warmMs: 60_000 }
  await deploy('dep_1', DIGEST.one, app)
  expect((await deploy('dep_2', DIGEST.two, app)).messageOf('retire')).toBe(
    'api-1-blue stays warm for 60 s',
  )
})

test('an old container that does not run has no connections to wait for', async () => {
  await deploy('dep_1', DIGEST.one)
  world.openConnections.set('api-1-blue', 1)
  Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
  expect((await deploy('dep_2', DIGEST.two)).msOf('drain')).toBe(0)
})

test.for<[string, Partial<DockerApp['container']>, boolean, boolean]>([
  ['the image has one', {}, true, true],
  ['neither has one', {}, false, false],
  ['the app has one', { healthcheck: { test: ['CMD', 'true'] } }, false, true],
  ['the app takes that of the image away', { healthcheck: { test: ['NONE'] } }, true, false],
])('the HEALTHCHECK decides when %s', async ([, container, ofImage, decides]) => {
  const { path: _path, ...health } = APP.health
  world.ports.images.image = async () => ({
    ports: [8000],
    volumes: [],
    ...(ofImage ? { healthcheck: { test: ['CMD', 'ready'] } } : {}),
  })
  const { container: look } = world.ports.engine
  world.ports.engine.container = async (name) => {
    const found = await look(name)
    return found === undefined
      ? undefined
      : { ...found, health: { status: 'healthy' as const, output: '' } }
  }
  const { messageOf } = await deploy('dep_1', DIGEST.one, {
    ...APP,
    health,
    container: { ...APP.container, ...container },
  })
  expect(/HEALTHCHECK/.test(messageOf('health') ?? '')).toBe(decides)
})
