import { describe, expect, test } from 'vitest'
import { DeployError } from '../../../receiver/core/errors.ts'
import { reconcile } from '../../../receiver/core/reconcile.ts'
import { APP, DIGEST, type FakeWorld, withRollouts } from '../../support/fake-world.ts'
import { get, run, worldWithOneLive } from './one-live.ts'

describe('a receiver that dies', () => {
  const STEPS = ['resolve', 'pull', 'start', 'health', 'swap', 'watch', 'drain', 'retire']

  /** Stops the process at the n-th write to the journal, before or after it is durable. */
  function dieAt(world: FakeWorld, write: number, when: 'before' | 'after') {
    const killed = new AbortController()
    let count = 0
    const journal: typeof world.ports.journal = {
      ...world.store,
      append(id, event, options) {
        count += 1
        const dies = count === write
        if (dies && when === 'before') killed.abort(new Error('killed'))
        killed.signal.throwIfAborted()
        const after = world.store.append(id, event, options)
        if (dies) killed.abort(new Error('killed'))
        killed.signal.throwIfAborted()
        return after
      },
    }
    const stopped = reconcile(APP, withRollouts({ ...world.ports, journal }), killed.signal)
    return { stopped, died: () => killed.signal.aborted }
  }

  /** Stops the process when this step of `dep_2` has succeeded. */
  async function dieAfter(world: FakeWorld, step: string) {
    const killed = new AbortController()
    const journal: typeof world.ports.journal = {
      ...world.store,
      append(id, event, options) {
        const after = world.store.append(id, event, options)
        if (event.type === 'step' && event.step === step && event.status === 'succeeded') {
          killed.abort(new Error('killed'))
        }
        killed.signal.throwIfAborted()
        return after
      },
    }
    await reconcile(APP, { ...world.ports, journal }, killed.signal).catch(() => {})
    expect(killed.signal.aborted).toBe(true)
    world.calls.length = 0
  }

  test('after the health check checks its container anew before the swap: time has passed', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await dieAfter(world, 'health')
    let probes = 0
    world.answers.set(DIGEST.two, () => {
      if (world.flag.live === 'blue') probes += 1
      return { status: 200, body: 'ok' }
    })
    await run(world)
    expect(world.calls).toStrictEqual(['flag green', 'stop api-1-blue', 'remove api-1-blue'])
    expect(probes).toBe(APP.health.healthyAfter)
  })

  test('with the whole machine starts its container again before it is checked', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await dieAfter(world, 'health')
    Object.assign(world.containers.get('api-2-green') ?? {}, { running: false, exitCode: 137 })
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
    expect(world.containers.get('api-2-green')?.running).toBe(true)
  })

  test('after the health check does not swap to a container that got sick meanwhile', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await dieAfter(world, 'health')
    world.answers.set(DIGEST.two, () => ({ status: 503, body: '' }))
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ status: 'failed', error: { code: 'unhealthy' } })
    expect(world.calls).not.toContain('flag green')
  })

  test('after the swap starts nothing anew', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await dieAfter(world, 'swap')
    await run(world)
    expect(world.calls).toStrictEqual(['stop api-1-blue', 'remove api-1-blue'])
    expect(get(world, 'dep_2').status).toBe('succeeded')
  })

  async function dieEverywhere(broken: boolean) {
    let writes = 0
    for (;;) {
      for (const when of ['before', 'after'] as const) {
        const world = await worldWithOneLive()
        if (broken) {
          world.answers.set(DIGEST.two, () => ({
            status: world.flag.live === 'green' ? 500 : 200,
            body: '',
          }))
        }
        world.accept({ id: 'dep_2', digest: DIGEST.two })
        const { stopped, died } = dieAt(world, writes + 1, when)
        await stopped.catch(() => {})
        if (!died()) return writes
        await run(world)
        const { status, steps } = get(world, 'dep_2')
        expect(status, `killed ${when} write ${writes + 1}`).toBe(broken ? 'failed' : 'succeeded')
        if (!broken)
          expect(steps.map(({ name }) => name).toSorted()).toStrictEqual(STEPS.toSorted())
        expect([...world.containers.keys()]).toStrictEqual([broken ? 'api-1-blue' : 'api-2-green'])
        expect(world.flag.live).toBe(broken ? 'blue' : 'green')
        expect(world.store.live('api')?.deployment.id).toBe(broken ? 'dep_1' : 'dep_2')
      }
      writes += 1
    }
  }

  test('at any write of a good deployment, the next start brings it to its end', async () => {
    expect(await dieEverywhere(false)).toBeGreaterThan(15)
  })

  test('at any write of a deployment that rolls back, the next start leaves the old one serving', async () => {
    expect(await dieEverywhere(true)).toBeGreaterThan(10)
  })
})

describe('an engine that is away', () => {
  const away = new DeployError('engine_unreachable', 'Docker does not answer')

  /** The engine lists no containers for so many looks. */
  function awayFor(world: FakeWorld, looks: number) {
    const { containers } = world.ports.engine
    let left = looks
    world.ports.engine.containers = (app) => (left-- > 0 ? Promise.reject(away) : containers(app))
  }

  test('for twenty looks is waited for', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    awayFor(world, 20)
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
  })

  test('for longer fails a deployment that is not live', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    // one more looks ahead while the image is resolved
    awayFor(world, 22)
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({
      status: 'failed',
      error: { code: 'engine_unreachable' },
    })
    expect(world.flag.live).toBe('blue')
  })

  test('for however long does not fail what is live, and does not fill the log', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    const { makeLive } = world.ports.slots
    world.ports.slots.makeLive = (app, slot) => {
      makeLive(app, slot)
      awayFor(world, 500)
    }
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
    expect(world.flag.live).toBe('green')
    // said once a minute, not each second
    const said = world.reports.filter((line) => line.includes('what stands cannot be seen'))
    expect(said).toHaveLength(9)
    expect(said[0]).toContain('{"app":"api","deployment":"dep_2",')
  })
})

describe('what stands between deployments', () => {
  test('a live container that stopped is started again', async () => {
    const world = await worldWithOneLive()
    Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
    await run(world)
    expect(world.containers.get('api-1-blue')?.running).toBe(true)
  })

  test('a live container that was removed is made anew in its slot', async () => {
    const world = await worldWithOneLive()
    world.containers.clear()
    await run(world)
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
  })
})
