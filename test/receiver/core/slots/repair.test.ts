import { beforeEach, describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { repair } from '../../../../receiver/core/slots/repair.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const THREE: DockerApp = { ...APP, replicas: 3 }

let world: FakeWorld
async function live(app: DockerApp = APP) {
  world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(app, world.ports, forever)
  world.calls.length = 0
  world.reports.length = 0
}
const put = (app: DockerApp = APP, signal = forever) => repair(app, world.ports, signal)
const change = (name: string, what: object) => Object.assign(world.containers.get(name) ?? {}, what)
const standing = () =>
  [...world.containers.values()].map(({ name, running }) => (running ? name : `(${name})`))

beforeEach(() => live())

describe('the live container', () => {
  test('that runs is left alone', async () => {
    expect(await put()).toBeUndefined()
    expect([world.calls, world.reports]).toStrictEqual([[], []])
  })

  // paused, or taken off its network: it does not run for anyone
  test('that was stopped, paused or cut off is started, without a pull', async () => {
    change('api-1-blue', { running: false })
    await put()
    expect(world.calls).toStrictEqual(['start api-1-blue'])
    expect(standing()).toStrictEqual(['api-1-blue'])
    expect(world.reports).toStrictEqual([expect.stringContaining('does not run')])
  })

  test('that is off a further network joins it again, and runs on', async () => {
    change('api-1-blue', { cutOff: true })
    await put()
    expect(world.calls).toStrictEqual(['start api-1-blue'])
    expect(world.containers.get('api-1-blue')).toMatchObject({ running: true, cutOff: false })
    expect(world.reports).toStrictEqual([expect.stringContaining('is off a network')])
  })

  test('that was removed is made anew in the slot that the flag names', async () => {
    world.containers.clear()
    world.flag.live = 'green'
    await put()
    expect(world.calls).toStrictEqual(['pull 1111', 'start api-1-green'])
    expect(world.reports).toStrictEqual([expect.stringContaining('is gone')])
  })

  test('that was removed with its image is pulled again', async () => {
    world.containers.clear()
    await world.ports.images.removeImages('api', APP.image.repository, [DIGEST.one])
    await put()
    expect(standing()).toStrictEqual(['api-1-blue'])
  })

  test('of which one replica is gone gets that one back', async () => {
    await live(THREE)
    world.containers.delete('api-1-blue-2')
    await put(THREE)
    expect(standing().toSorted()).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
  })

  test('of which one replica stands still gets that one going', async () => {
    await live(THREE)
    change('api-1-blue-3', { running: false })
    await put(THREE)
    expect(standing().toSorted()).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
  })

  test('keeps to the number that it was deployed with', async () => {
    await put(THREE)
    expect(world.calls).toStrictEqual([])
  })
})

describe('what stands beside it', () => {
  const stray = async (generation: number, slot: 'blue' | 'green') =>
    world.ports.engine.start({
      app: APP,
      deployment: 'dep_0',
      generation,
      slot,
      replica: 1,
      repository: APP.image.repository,
      digest: DIGEST.one,
      address: `10.0.0.${generation}`,
      port: 8000,
      volumes: [],
    })

  test('goes', async () => {
    await stray(77, 'green')
    await put()
    expect(standing()).toStrictEqual(['api-1-blue'])
    expect(world.reports).toStrictEqual([expect.stringContaining('api-77-green')])
  })

  test('goes also when nothing is live', async () => {
    world = createFakeWorld()
    await world.ports.images.pull(
      { repository: APP.image.repository, digest: DIGEST.one },
      { progress: () => {}, signal: forever },
    )
    await stray(77, 'green')
    await put()
    expect(standing()).toStrictEqual([])
  })

  test('goes after the live one was put right, not before', async () => {
    await stray(77, 'green')
    change('api-1-blue', { running: false })
    world.calls.length = 0
    await put()
    expect(world.calls).toStrictEqual(['start api-1-blue', 'remove api-77-green'])
  })
})

describe('a warm container', () => {
  const WARM: DockerApp = { ...APP, warmMs: 60_000 }
  beforeEach(async () => {
    await live(WARM)
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await reconcile(WARM, world.ports, forever)
  })

  test('runs to the end of its time, which is told', async () => {
    await world.clock.sleep(20_000, forever)
    expect(await put(WARM)).toBe(40_000)
    expect(standing()).toStrictEqual(['api-1-blue', 'api-2-green'])
  })

  test('is stopped then, and kept', async () => {
    await world.clock.sleep(60_000, forever)
    expect(await put(WARM)).toBeUndefined()
    expect(standing()).toStrictEqual(['(api-1-blue)', 'api-2-green'])
    expect(await put(WARM)).toBeUndefined()
  })

  test('is not kept for longer because the clock was set back', async () => {
    const { since } = world.ports.clock
    world.ports.clock = { ...world.ports.clock, since: (at) => since(at) - 3_600_000 }
    expect(await put(WARM)).toBe(60_000)
  })

  test('goes when the app does not want it any more', async () => {
    await put(APP)
    expect(standing()).toStrictEqual(['api-2-green'])
  })
})

test('a pause that a crash left is ended', async () => {
  world.flag.paused = true
  await put()
  expect(world.flag.paused).toBe(false)
})

test('so are load balancers that a crash left told to stay away', async () => {
  world.flag.drained = true
  await put()
  expect(world.flag.drained).toBe(false)
})

test('a pause ends only when the live container runs', async () => {
  world.flag.paused = true
  change('api-1-blue', { running: false })
  await put()
  expect(world.calls).toStrictEqual(['start api-1-blue', 'unpause api'])
})

test('a deployment under way owns what stands', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  world.store.append('dep_2', { type: 'started', at: '' })
  world.flag.paused = true
  change('api-1-blue', { running: false })
  await put()
  expect(world.calls).toStrictEqual([])
})

test('one that only waits does not', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  change('api-1-blue', { running: false })
  await put()
  expect(world.calls).toStrictEqual(['start api-1-blue'])
})

test('a failure is reported, and a deployment may still mend it', async () => {
  change('api-1-blue', { running: false })
  world.failures.set('start', new Error('Docker does not answer'))
  expect(await put()).toBeUndefined()
  expect(world.reports.at(-1)).toContain('the app could not be looked after')
})

test('a receiver that stops is no failure to report', async () => {
  change('api-1-blue', { running: false })
  world.failures.set('start', new Error('Docker does not answer'))
  const stopped = AbortSignal.abort(new Error('the receiver stops'))
  await expect(put(APP, stopped)).rejects.toThrow('the receiver stops')
})
