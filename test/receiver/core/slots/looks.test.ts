import { expect, test } from 'vitest'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { createEar } from '../../../../receiver/core/slots/ear.ts'
import { withKnownFacts } from '../../../../receiver/core/image/known-facts.ts'
import { APP, DIGEST, type FakeWorld, withRollouts } from '../../../support/fake-world.ts'
import { get, worldWithOneLive } from '../one-live.ts'

const forever = new AbortController().signal
const WARM = { ...APP, warmMs: 60_000 }

/** Brings `dep_2`, or what else was accepted, to its end, and tells what the engine, the registry and Nginx were asked until the flag was set. */
async function untilFlag(world: FakeWorld, app = APP): Promise<string[]> {
  const asked: string[] = []
  let isSet = false
  const noted = <T extends object>(port: T, names: readonly (keyof T & string)[]): T => ({
    ...port,
    ...Object.fromEntries(
      names.map((name) => [
        name,
        (...given: unknown[]) => {
          if (!isSet) asked.push(name)
          return (port[name] as (...of: unknown[]) => unknown)(...given)
        },
      ]),
    ),
  })
  const { engine, images, registry, sites, slots } = world.ports
  const ports = withRollouts({
    ...world.ports,
    engine: noted(engine, ['containers', 'container', 'start', 'remove']),
    images: withKnownFacts(noted(images, ['held', 'pull', 'keep', 'image', 'disk'])),
    registry: noted(registry, ['layers', 'platforms', 'resolve']),
    sites: noted(sites, ['ask', 'askAhead']),
    slots: {
      ...slots,
      makeLive(name, slot) {
        isSet = true
        slots.makeLive(name, slot)
      },
    },
  })
  await reconcile(app, ports, forever)
  return asked
}

test('a deployment looks at what stands once, and at its own container with the last answer', async () => {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  expect(await untilFlag(world)).toStrictEqual([
    'containers',
    'held',
    'disk',
    'layers',
    'pull',
    'start',
    'ask',
    'container',
  ])
  expect(get(world, 'dep_2').status).toBe('succeeded')
})

test('of an image that is kept already nobody is asked, the registry least of all', async () => {
  const world = await worldWithOneLive()
  await world.ports.images.pull(
    { repository: APP.image.repository, digest: DIGEST.two },
    { progress: () => {}, signal: forever },
  )
  await world.ports.images.keep('api', { repository: APP.image.repository, digest: DIGEST.two })
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  expect(await untilFlag(world)).toStrictEqual([
    'containers',
    'held',
    'askAhead',
    'start',
    'ask',
    'container',
  ])
})

test('a rollback to containers that still run looks once, and once more with the last answer', async () => {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await untilFlag(world, WARM)
  world.accept({ id: 'dep_3', digest: DIGEST.one, action: 'rollback', settingsOf: 'dep_1' })
  expect(await untilFlag(world, WARM)).toStrictEqual([
    'containers',
    'held',
    'askAhead',
    'ask',
    'container',
  ])
  expect(world.store.live('api')).toMatchObject({ deployment: { id: 'dep_3' }, standsIn: 1 })
})

test('while nobody listens to the engine it looks before each step', async () => {
  const world = await worldWithOneLive()
  world.ear.listens(false)
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const looks = (await untilFlag(world)).filter((each) => each === 'containers')
  // ahead while it is resolved, and before pull, start, health and swap
  expect(looks).toHaveLength(5)
})

test.for([
  ['an event of the app', (world: FakeWorld) => world.ear.happened({ app: 'api' })],
  [
    'events that went unheard',
    (world: FakeWorld) => (world.ear.listens(false), world.ear.listens(true)),
  ],
] as const)('after %s it looks again', async ([, befalls]) => {
  const world = await worldWithOneLive()
  const { start } = world.ports.engine
  world.ports.engine.start = async (...given) => {
    const started = await start(...given)
    befalls(world)
    return started
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const asked = await untilFlag(world)
  expect(asked.filter((each) => each === 'containers')).toHaveLength(2)
})

test('what befalls another app is no doubt', async () => {
  const world = await worldWithOneLive()
  world.clock.during = () => world.ear.happened({ app: 'web' })
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const looks = (await untilFlag(world)).filter((each) => each === 'containers')
  expect(looks).toHaveLength(1)
})

test('a container that somebody removes after its start is missed, and made again, before the flag is set', async () => {
  const world = await worldWithOneLive()
  const { start } = world.ports.engine
  let times = 0
  world.ports.engine.start = async (...given) => {
    const started = await start(...given)
    if (times++ === 0) {
      world.containers.delete('api-2-green')
      world.ear.happened({ app: 'api' })
    }
    return started
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await untilFlag(world)
  expect([times, get(world, 'dep_2').status, world.flag.live]).toStrictEqual([
    2,
    'succeeded',
    'green',
  ])
})

test('one that goes unheard is missed with the last answer: the flag is not set', async () => {
  const world = await worldWithOneLive()
  world.answers.set(DIGEST.two, () => {
    world.containers.delete('api-2-green')
    return { status: 200, body: 'ok' }
  })
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await untilFlag(world)
  expect([get(world, 'dep_2').error?.code, world.flag.live]).toStrictEqual(['exited', 'blue'])
})

test('a container that cannot be seen when it was started is looked for', async () => {
  const world = await worldWithOneLive()
  const { start } = world.ports.engine
  world.ports.engine.start = async (...given) => void (await start(...given))
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const looks = (await untilFlag(world)).filter((each) => each === 'containers')
  expect([looks.length, get(world, 'dep_2').status]).toStrictEqual([2, 'succeeded'])
})

test('an ear tells each moment from the one before', () => {
  const ear = createEar()
  expect(ear.heard('api')).toBeUndefined()
  ear.listens(true)
  const seen = [ear.heard('api')]
  ear.happened({ app: 'web' })
  expect(ear.heard('api')).toBe(seen[0])
  ear.happened({ app: 'api' })
  seen.push(ear.heard('api'))
  ear.listens(false)
  expect(ear.heard('api')).toBeUndefined()
  ear.listens(true)
  seen.push(ear.heard('api'))
  expect(new Set(seen).size).toBe(3)
})
