import { describe, expect, test } from 'vitest'
import { APP, createFakeWorld, DIGEST, unreachable } from '../../support/fake-world.ts'
import { get, run, worldWithOneLive } from './one-live.ts'

describe('a deployment that goes well', () => {
  test('the old container gets the grace of its app', async () => {
    const world = await worldWithOneLive()
    const { remove } = world.ports.engine
    const given: unknown[] = []
    world.ports.engine.remove = async (name, options) => {
      given.push(name, options)
      return remove(name, options)
    }
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(given).toMatchObject(['api-1-blue', { graceMs: APP.container.stopGraceMs }])
  })

  test('the first one goes live in blue, step by step', async () => {
    const world = createFakeWorld()
    world.accept({ id: 'dep_1', tag: 'latest' })
    await run(world)
    expect(world.calls).toStrictEqual([
      'resolve latest',
      'pull 1111',
      'start api-1-blue',
      'flag blue',
    ])
    const deployment = get(world, 'dep_1')
    expect(deployment.status).toBe('succeeded')
    expect(deployment.image.digest).toBe(DIGEST.one)
    expect(deployment.steps.map(({ name, status }) => `${name} ${status}`)).toStrictEqual(
      ['resolve', 'pull', 'start', 'health', 'swap', 'watch', 'drain', 'retire'].map(
        (name) => `${name} succeeded`,
      ),
    )
    expect(deployment.live_at).toBeDefined()
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('the next one goes to the other slot, and the old container is removed after the swap', async () => {
    const world = await worldWithOneLive()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(world.calls).toStrictEqual([
      'pull 2222',
      'start api-2-green',
      'flag green',
      'stop api-1-blue',
      'remove api-1-blue',
    ])
    expect(get(world, 'dep_2').previous).toStrictEqual({ deployment: 'dep_1', digest: DIGEST.one })
  })

  test('the old container is kept while it serves connections, up to the drain limit', async () => {
    const world = await worldWithOneLive()
    world.openConnections.set('api-1-blue', 1)
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    const drain = get(world, 'dep_2').steps.find(({ name }) => name === 'drain')
    expect(drain?.ms).toBeGreaterThanOrEqual(APP.drainMs)
    expect(world.calls).toContain('remove api-1-blue')
  })

  test('images of deployments that failed are removed, but for the last', async () => {
    const world = await worldWithOneLive()
    const broken = [DIGEST.two, DIGEST.three, `sha256:${'4'.repeat(64)}`]
    for (const [index, digest] of broken.entries()) {
      world.answers.set(digest, () => ({ status: 500, body: '' }))
      world.accept({ id: `dep_${index + 2}`, digest })
      await run(world)
    }
    expect(world.calls.filter((call) => call.startsWith('removeImage'))).toStrictEqual([
      'removeImage 2222',
      'removeImage 3333',
    ])
  })

  test('images beyond keep are removed, the live one and the newest others are not', async () => {
    const world = await worldWithOneLive()
    for (const [id, digest] of [
      ['dep_2', DIGEST.two],
      ['dep_3', DIGEST.three],
    ] as const) {
      world.accept({ id, digest })
      await run(world)
    }
    expect(world.calls.filter((call) => call.startsWith('removeImage'))).toStrictEqual([
      'removeImage 1111',
    ])
  })
})

describe('a deployment that fails', () => {
  test('a failed probe leaves the old container serving and says what it answered', async () => {
    const world = await worldWithOneLive()
    world.answers.set(DIGEST.two, () => ({ status: 503, body: 'no database' }))
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    const { status, error } = get(world, 'dep_2')
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'unhealthy', log: ['listening', 'oh no'] })
    expect(error?.message).toContain('GET /healthz answered 503: no database')
    expect(world.flag.live).toBe('blue')
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
    expect(world.calls).not.toContain('flag green')
  })

  test('a container that exits before it is healthy is told with its exit code and log', async () => {
    const world = await worldWithOneLive()
    world.answers.set(DIGEST.two, () => ({ status: 503, body: '' }))
    world.clock.during = () => {
      const container = world.containers.get('api-2-green')
      if (container !== undefined) Object.assign(container, { running: false, exitCode: 3 })
    }
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(get(world, 'dep_2').error).toMatchObject({
      code: 'exited',
      message: 'the container of api exited with code 3',
      log: ['listening', 'oh no'],
    })
  })

  test('a failed pull ends it before anything is started', async () => {
    const world = await worldWithOneLive()
    world.failures.set('pull', unreachable())
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(get(world, 'dep_2').error).toMatchObject({ code: 'registry_unreachable', hint: 'look' })
    // asked again a few times: a registry may be back in a moment
    expect(world.calls).toStrictEqual(Array<string>(4).fill('pull 2222'))
  })

  test('failing health after the swap swaps back, and the deployment is rolled_back', async () => {
    const world = await worldWithOneLive()
    let live = false
    world.answers.set(DIGEST.two, () => {
      live ||= world.flag.live === 'green'
      return live ? { status: 500, body: 'broken' } : { status: 200, body: 'ok' }
    })
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ status: 'failed', error: { code: 'rolled_back' } })
    expect(world.calls).toStrictEqual([
      'pull 2222',
      'start api-2-green',
      'flag green',
      'flag blue',
      'remove api-2-green',
    ])
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
    expect(world.store.digests('api', 5)).toStrictEqual(new Set([DIGEST.one]))
  })

  test('one failing answer while watched does not swap back', async () => {
    const world = await worldWithOneLive()
    let failed = false
    world.answers.set(DIGEST.two, () => {
      if (world.flag.live !== 'green' || failed) return { status: 200, body: '' }
      failed = true
      return { status: 500, body: '' }
    })
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(failed).toBe(true)
    expect(get(world, 'dep_2').status).toBe('succeeded')
  })

  test('a first deployment that fails while watched stays, for there is nothing to go back to', async () => {
    const world = createFakeWorld()
    world.answers.set(DIGEST.one, () => ({
      status: world.flag.live === undefined ? 200 : 500,
      body: '',
    }))
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await run(world)
    expect(get(world, 'dep_1')).toMatchObject({ status: 'failed', error: { code: 'unhealthy' } })
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
  })

  test('a cleanup that fails after the swap does not fail what is live', async () => {
    const world = await worldWithOneLive()
    world.failures.set('remove', new Error('Docker does not answer'))
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
    expect(world.reports.join()).toContain('retire met what nobody foresaw')
    world.failures.clear()
    await run(world)
    expect([...world.containers.keys()]).toStrictEqual(['api-2-green'])
  })
})

describe('the queue', () => {
  test('of those that wait, only the newest is kept', async () => {
    const world = createFakeWorld()
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    world.accept({ id: 'dep_3', digest: DIGEST.three })
    await run(world)
    expect(['dep_1', 'dep_2', 'dep_3'].map((id) => get(world, id).status)).toStrictEqual([
      'superseded',
      'superseded',
      'succeeded',
    ])
  })

  test('one accepted while another runs waits for its end', async () => {
    const world = createFakeWorld()
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    let accepted = false
    world.clock.during = () => {
      if (accepted) return
      accepted = true
      world.accept({ id: 'dep_2', digest: DIGEST.two })
    }
    await run(world)
    expect([get(world, 'dep_1').status, get(world, 'dep_2').status]).toStrictEqual([
      'succeeded',
      'succeeded',
    ])
    expect(world.flag.live).toBe('green')
  })
})
