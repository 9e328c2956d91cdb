import { beforeEach, describe, expect, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const RECREATED: AppSpec = { ...APP, strategy: 'recreate' }

let world: FakeWorld
beforeEach(() => {
  world = createFakeWorld()
})

async function deploy(id: string, digest: string, app: AppSpec = APP) {
  world.accept({ id, digest })
  world.calls.length = 0
  await reconcile(app, world.ports, forever)
  return world.store.get(id)?.deployment
}
const standing = () =>
  [...world.containers.values()].map(({ name, running }) => (running ? name : `(${name})`))
const oops = () => ({ status: 500, body: 'oops' })
/** This digest answers 500 from now on, or only once it is live. */
function breaks(digest: string, when: 'at once' | 'when live'): void {
  const { makeLive } = world.ports.slots
  if (when === 'at once') return void world.answers.set(digest, oops)
  world.ports.slots.makeLive = (app, slot) => {
    makeLive(app, slot)
    world.answers.set(digest, oops)
    world.ports.slots.makeLive = makeLive
  }
}

describe('a failed deployment', () => {
  test('that was not live leaves the old one as it is, and is removed', async () => {
    await deploy('dep_1', DIGEST.one)
    breaks(DIGEST.two, 'at once')
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ error: { code: 'unhealthy' } })
    expect([standing(), world.flag.live]).toStrictEqual([['api-1-blue'], 'blue'])
    expect(world.calls).not.toContain('flag blue')
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('that was live is swapped back, and says to what and why', async () => {
    await deploy('dep_1', DIGEST.one)
    breaks(DIGEST.two, 'when live')
    const { error } = (await deploy('dep_2', DIGEST.two)) ?? {}
    expect(error?.code).toBe('rolled_back')
    expect(error?.message).toMatch(
      new RegExp(`answered 500.*; swapped back to ${DIGEST.one}$`, 's'),
    )
    expect([standing(), world.flag.live]).toStrictEqual([['api-1-blue'], 'blue'])
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('that is the first one stays live, for there is nothing to swap back to', async () => {
    breaks(DIGEST.one, 'when live')
    expect(await deploy('dep_1', DIGEST.one)).toMatchObject({ error: { code: 'unhealthy' } })
    expect([standing(), world.flag.live]).toStrictEqual([['api-1-blue'], 'blue'])
  })

  test('whose old container does not run has nothing to swap back to either', async () => {
    await deploy('dep_1', DIGEST.one)
    Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
    breaks(DIGEST.two, 'when live')
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ error: { code: 'unhealthy' } })
    expect(world.flag.live).toBe('green')
    expect(standing()).toContain('api-2-green')
  })

  test('of a recreated app goes before the old one runs again', async () => {
    await deploy('dep_1', DIGEST.one, RECREATED)
    breaks(DIGEST.two, 'at once')
    await deploy('dep_2', DIGEST.two, RECREATED)
    const order = world.calls.filter((call) => /^(remove|startAgain) /.test(call))
    expect(order).toStrictEqual(['remove api-2-green', 'startAgain api-1-blue'])
    expect(standing()).toStrictEqual(['api-1-blue'])
  })

  test('keeps its image, which may be tried again soon', async () => {
    await deploy('dep_1', DIGEST.one)
    breaks(DIGEST.two, 'at once')
    await deploy('dep_2', DIGEST.two)
    expect(await world.ports.images.images(APP.image.repository)).toContain(DIGEST.two)
  })

  test('has the time to end that the app gives it', async () => {
    const graces: (number | undefined)[] = []
    const { remove } = world.ports.engine
    world.ports.engine.remove = (name, options) => {
      graces.push(options.graceMs)
      return remove(name, options)
    }
    breaks(DIGEST.one, 'at once')
    await deploy('dep_1', DIGEST.one, {
      ...APP,
      container: { ...APP.container, stopGraceMs: 12_345 },
    })
    expect(graces).toStrictEqual([12_345])
  })
})
