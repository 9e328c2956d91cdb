import { describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { createDeployer } from '../../../../receiver/core/deployer.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import {
  APP,
  createFakeWorld,
  DIGEST,
  type FakeWorld,
  withRollouts,
} from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const WARM_MS = 60_000

interface Order {
  id: string
  digest: string
  /** Makes it a rollback with these settings. */
  settingsOf?: string
}

/** A world with such an app, and nothing live. */
function worldOf(change: Partial<DockerApp>) {
  const world = createFakeWorld()
  const deploy = async ({ id, digest, settingsOf }: Order, more: Partial<DockerApp> = {}) => {
    world.calls.length = 0
    const rollback = settingsOf === undefined ? {} : { action: 'rollback' as const, settingsOf }
    world.accept({ id, digest, ...rollback })
    const lookAgain = await reconcile({ ...APP, ...change, ...more }, world.ports, forever)
    const stored = world.store.get(id)
    if (stored === undefined) throw new Error(`${id} is not on record`)
    return { ...stored.deployment, lookAgain }
  }
  return { world, deploy, app: { ...APP, ...change } }
}
const standing = ({ containers }: FakeWorld) =>
  [...containers.values()].map(({ name, running }) => (running ? name : `(${name})`)).toSorted()
const withEnvironment = (environment: Record<string, string>): Partial<DockerApp> => ({
  container: { ...APP.container, environment },
})
const ONE = { id: 'dep_1', digest: DIGEST.one }
const TWO = { id: 'dep_2', digest: DIGEST.two }
const BACK = { id: 'dep_3', digest: DIGEST.one, settingsOf: 'dep_1' }

describe('warm', () => {
  async function warmWorld() {
    const made = worldOf({ warmMs: WARM_MS })
    await made.deploy(ONE)
    return { ...made, second: await made.deploy(TWO) }
  }

  test('leaves the replaced container running, and a rollback to it sets the flag only', async () => {
    const { world, deploy } = await warmWorld()
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-2-green'])
    expect(await deploy(BACK)).toMatchObject({ status: 'succeeded' })
    expect(world.calls).toStrictEqual(['flag blue'])
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-2-green'])
    expect(world.store.live('api')).toMatchObject({ deployment: { id: 'dep_3' }, standsIn: 1 })
    // and forth again
    await deploy({ id: 'dep_4', digest: DIGEST.two, settingsOf: 'dep_2' })
    expect(world.calls).toStrictEqual(['flag green'])
    expect(world.store.live('api')).toMatchObject({ deployment: { id: 'dep_4' }, standsIn: 2 })
  })

  test('ends: the container is stopped and kept, and a rollback starts it', async () => {
    const { world, deploy, app, second } = await warmWorld()
    expect(second.lookAgain).toBe(WARM_MS)
    await world.clock.sleep(WARM_MS, forever)
    expect(await reconcile(app, world.ports, forever)).toBeUndefined()
    expect(standing(world)).toStrictEqual(['(api-1-blue)', 'api-2-green'])
    expect(await deploy(BACK)).toMatchObject({ status: 'succeeded' })
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-2-green'])
    expect(world.plans.size).toBe(2)
  })

  test('ends by itself', async () => {
    const { world, app } = await warmWorld()
    const deployer = createDeployer(() => app, world.ports)
    deployer.wake()
    await expect.poll(() => standing(world)).toStrictEqual(['(api-1-blue)', 'api-2-green'])
    await deployer.stop()
  })

  test('the next deployment takes its place', async () => {
    const { world, deploy } = await warmWorld()
    await deploy({ id: 'dep_3', digest: DIGEST.three })
    expect(standing(world)).toStrictEqual(['api-2-green', 'api-3-blue'])
  })

  test('one that was restarted, or is of other settings, is made anew', async () => {
    const { world, deploy } = await warmWorld()
    Object.assign(world.containers.get('api-1-blue') ?? {}, { restarts: 1 })
    await deploy(BACK)
    expect(standing(world)).toStrictEqual(['api-2-green', 'api-3-blue'])
    await deploy(
      { id: 'dep_4', digest: DIGEST.two, settingsOf: 'dep_1' },
      withEnvironment({ A: '' }),
    )
    // the settings of dep_1 are those of dep_2
    expect(standing(world)).toStrictEqual(['api-2-green', 'api-3-blue'])
    world.accept({ id: 'dep_5', digest: DIGEST.one, action: 'rollback' })
    const changed = { ...APP, warmMs: WARM_MS, ...withEnvironment({ A: 'b' }) }
    await reconcile(changed, world.ports, forever)
    expect(standing(world)).toStrictEqual(['api-2-green', 'api-5-blue'])
  })

  test('a rollback to it that fails leaves what was live', async () => {
    const { world, deploy } = await warmWorld()
    world.answers.set(DIGEST.one, () => ({ status: 500, body: '' }))
    expect(await deploy(BACK)).toMatchObject({ status: 'failed' })
    expect(standing(world)).toStrictEqual(['api-2-green'])
    expect(world.store.live('api')?.deployment.id).toBe('dep_2')
    world.answers.clear()
    world.answers.set(DIGEST.three, () => ({
      status: world.flag.live === 'blue' ? 500 : 200,
      body: '',
    }))
    expect(await deploy({ id: 'dep_4', digest: DIGEST.three })).toMatchObject({
      error: { code: 'rolled_back' },
    })
    expect(world.store.live('api')).toMatchObject({ deployment: { id: 'dep_2' }, standsIn: 2 })
  })

  test('a receiver that dies at any write of a rollback to it finishes it', async () => {
    let writes = 0
    for (let died = true; died; writes++) {
      const { world, app } = await warmWorld()
      const { id, digest, settingsOf } = BACK
      world.accept({ id, digest, action: 'rollback', settingsOf })
      const killed = new AbortController()
      let count = 0
      const journal: typeof world.ports.journal = {
        ...world.store,
        append(...event) {
          const after = world.store.append(...event)
          if (++count === writes + 1) killed.abort(new Error('killed'))
          killed.signal.throwIfAborted()
          return after
        },
      }
      await reconcile(app, withRollouts({ ...world.ports, journal }), killed.signal).catch(() => {})
      died = killed.signal.aborted
      await reconcile(app, world.ports, forever)
      expect(standing(world)).toStrictEqual(['api-1-blue', 'api-2-green'])
      expect(world.flag.live).toBe('blue')
      expect(world.store.live('api')).toMatchObject({
        deployment: { id: 'dep_3', status: 'succeeded' },
        standsIn: 1,
      })
    }
    expect(writes).toBeGreaterThan(15)
  })
})

describe('the settings of a release', () => {
  const steps = (world: FakeWorld, id: string) =>
    world.store
      .events(id, 0)
      .flatMap(({ event }) => (event.type === 'step' && event.message ? [event.message] : []))

  test('come back with a rollback, and it says so', async () => {
    const { world, deploy } = worldOf({})
    await deploy(ONE, withEnvironment({ MODE: 'old' }))
    await deploy(TWO, withEnvironment({ MODE: 'new' }))
    await deploy(BACK, withEnvironment({ MODE: 'newest' }))
    expect(world.plans.get('api-3-blue')?.app.container.environment).toStrictEqual({ MODE: 'old' })
    expect(steps(world, 'dep_3')[0]).toBe(
      `${DIGEST.one}, with the settings of dep_1, and the rights and secrets of now`,
    )
  })

  test('come back without the rights and secrets that were taken away since, warm or not', async () => {
    const { world, deploy } = worldOf({ warmMs: WARM_MS })
    const rights = (change: object): Partial<DockerApp> => ({
      container: { ...APP.container, ...change },
    })
    await deploy(
      ONE,
      rights({ privileged: true, environment: { A: 'then' }, secretEnvironment: ['A'] }),
    )
    await deploy(TWO, rights({}))
    await deploy(BACK, rights({ readOnly: true }))
    expect(world.plans.get('api-3-blue')?.app.container).toMatchObject({
      privileged: false,
      readOnly: true,
      environment: {},
    })
  })

  test('all come back when that was asked for on the machine itself', async () => {
    const { world, deploy } = worldOf({})
    await deploy(ONE, { container: { ...APP.container, privileged: true } })
    await deploy(TWO)
    world.accept({
      id: 'dep_3',
      digest: DIGEST.one,
      action: 'rollback',
      settingsOf: 'dep_1',
      releaseSettings: true,
    })
    await reconcile(APP, world.ports, forever)
    expect(world.plans.get('api-3-blue')?.app.container.privileged).toBe(true)
    expect(steps(world, 'dep_3')[0]).toContain('with all settings of dep_1')
  })

  test('do not come back when those of the config are asked for', async () => {
    const { world, deploy } = worldOf({})
    await deploy(ONE, withEnvironment({ MODE: 'old' }))
    await deploy(TWO, withEnvironment({ MODE: 'new' }))
    world.accept({ id: 'dep_3', digest: DIGEST.one, action: 'rollback' })
    await reconcile({ ...APP, ...withEnvironment({ MODE: 'newest' }) }, world.ports, forever)
    expect(world.plans.get('api-3-blue')?.app.container.environment).toStrictEqual({
      MODE: 'newest',
    })
    expect(steps(world, 'dep_3')[0]).toBe(`${DIGEST.one}, with the current settings`)
  })

  test('are those of the live container when it has to be made anew', async () => {
    const { world, deploy } = worldOf({})
    await deploy(ONE, withEnvironment({ MODE: 'old' }))
    world.containers.clear()
    await reconcile({ ...APP, ...withEnvironment({ MODE: 'new' }) }, world.ports, forever)
    expect(world.plans.get('api-1-blue')?.app.container.environment).toStrictEqual({ MODE: 'old' })
  })

  test('a rollback does not run the release command again', async () => {
    const release = { command: ['migrate'], timeoutMs: 1000 }
    const { world, deploy } = worldOf({ release })
    await deploy(ONE)
    await deploy(TWO)
    expect(world.calls).toContain('runOnce 2: migrate')
    expect(await deploy(BACK)).toMatchObject({ status: 'succeeded' })
    expect(world.calls.filter((call) => call.startsWith('runOnce'))).toStrictEqual([])
  })
})

describe('replicas', () => {
  const THREE = { replicas: 3 }

  test('of a slot start together, and all are healthy before the swap', async () => {
    const { world, deploy } = worldOf(THREE)
    expect(await deploy(ONE)).toMatchObject({ status: 'succeeded' })
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
    const addresses = new Set([...world.containers.values()].map(({ address }) => address))
    expect(addresses.size).toBe(3)
    await deploy(TWO)
    expect(standing(world)).toStrictEqual(['api-2-green', 'api-2-green-2', 'api-2-green-3'])
    const flag = world.calls.indexOf('flag green')
    expect(world.calls.filter((call) => call.startsWith('start')).length).toBe(3)
    expect(world.calls.findLastIndex((call) => call.startsWith('start'))).toBeLessThan(flag)
  })

  test('one that fails fails them all, before the swap and after it', async () => {
    const { world, deploy } = worldOf(THREE)
    await deploy(ONE)
    let afterSwap = false
    const probe = world.ports.probe
    world.ports.probe = async (request) => {
      const third = world.containers.get(`api-${afterSwap ? 3 : 2}-green-3`)
      const isThird = request.url.includes(`//${third?.address}:`)
      const sick = isThird && (!afterSwap || world.flag.live === 'green')
      return sick ? { status: 503, body: 'no' } : probe(request)
    }
    expect(await deploy(TWO)).toMatchObject({ status: 'failed', error: { code: 'unhealthy' } })
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
    afterSwap = true
    expect(await deploy({ ...TWO, id: 'dep_3' })).toMatchObject({ error: { code: 'rolled_back' } })
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('another number comes with a deployment: Nginx knows as many as run in each slot', async () => {
    const { world, deploy } = worldOf({})
    await deploy(ONE, THREE)
    expect(world.shown.get('api')).toBe('3 blue, 3 green')
    await deploy(TWO)
    expect(world.shown.get('api')).toBe('3 blue, 1 green')
    expect(standing(world)).toStrictEqual(['api-2-green'])
    await deploy(BACK)
    expect(standing(world)).toStrictEqual(['api-3-blue', 'api-3-blue-2', 'api-3-blue-3'])
  })

  test('one that is gone is started anew, and the others are left alone', async () => {
    const { world, deploy, app } = worldOf(THREE)
    await deploy(ONE)
    world.containers.delete('api-1-blue-2')
    const others = [...world.containers.values()].map(({ pid }) => pid)
    await reconcile(app, world.ports, forever)
    expect(standing(world)).toStrictEqual(['api-1-blue', 'api-1-blue-2', 'api-1-blue-3'])
    expect([...world.containers.values()].map(({ pid }) => pid)).toStrictEqual(
      expect.arrayContaining(others),
    )
  })

  test('stay warm together', async () => {
    const { world, deploy } = worldOf({ ...THREE, warmMs: WARM_MS })
    await deploy(ONE)
    await deploy(TWO)
    await deploy(BACK)
    expect(standing(world)).toHaveLength(6)
    expect(world.plans.size).toBe(6)
    world.containers.delete('api-2-green-2')
    await deploy({ id: 'dep_4', digest: DIGEST.two, settingsOf: 'dep_2' })
    expect(standing(world).filter((name) => name.includes('green'))).toStrictEqual([
      'api-4-green',
      'api-4-green-2',
      'api-4-green-3',
    ])
  })
})

describe('two deployments raced', () => {
  test('at every moment of the first, good or bad: the newest good one is live at the end', async () => {
    let moments = 0
    for (const bad of [undefined, DIGEST.one, DIGEST.two, DIGEST.three]) {
      for (let moment = 1, hit = true; hit; moment++) {
        const { world } = worldOf({})
        if (bad !== undefined) world.answers.set(bad, () => ({ status: 500, body: '' }))
        let looks = 0
        world.clock.during = () => {
          looks += 1
          if (looks === moment) world.accept(TWO)
          if (looks === moment + 2) world.accept({ id: 'dep_3', digest: DIGEST.three })
        }
        world.accept(ONE)
        await reconcile(APP, world.ports, forever)
        hit = looks > moment + 2
        if (!hit) continue
        moments += 1
        const live = world.store.live('api')?.deployment
        const newestGood = bad === DIGEST.three ? DIGEST.two : DIGEST.three
        // the second may have been superseded by the third
        const second = world.store.get('dep_2')?.deployment.status
        const expected = bad === DIGEST.three && second === 'superseded' ? DIGEST.one : newestGood
        expect(live?.image.digest, `${bad ?? 'none'} is bad, at ${moment}`).toBe(expected)
        expect(standing(world)).toHaveLength(1)
        for (const id of ['dep_1', 'dep_2', 'dep_3']) {
          expect(world.store.get(id)?.deployment.finished_at).toBeDefined()
        }
      }
    }
    expect(moments).toBeGreaterThan(40)
  })
})
