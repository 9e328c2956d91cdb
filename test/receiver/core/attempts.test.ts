import { describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../receiver/core/app.ts'
import { DeployError } from '../../../receiver/core/errors.ts'
import { reconcile } from '../../../receiver/core/reconcile.ts'
import type { Rollout } from '../../../receiver/core/rollout.ts'
import { createTurns } from '../../../receiver/core/turns.ts'
import { APP, DIGEST, type FakeWorld, slotsAlone } from '../../support/fake-world.ts'
import { get, run, worldWithOneLive } from './one-live.ts'

const forever = () => new Promise<never>(() => {})

/** The rollout of the world, but that this step, or `abandon`, calls `reached` and never ends. */
function hangingIn(world: FakeWorld, step: string, reached: () => void): Rollout<DockerApp> {
  const { docker } = world.ports.rollouts
  const hang = () => {
    reached()
    return forever()
  }
  return {
    ...docker,
    async look(app, stored) {
      const standing = await docker.look(app, stored)
      return standing.next === step ? { ...standing, run: hang } : standing
    },
    ...(step === 'abandon' ? { abandon: hang } : {}),
  }
}

/** A receiver that is in the middle of this step: it can be stopped, or left as a process that was killed is. */
async function receiverIn(world: FakeWorld, step: string): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController()
  let ended: Promise<unknown> = Promise.resolve()
  await new Promise<void>((resolve, reject) => {
    const rollouts = slotsAlone(hangingIn(world, step, resolve))
    ended = reconcile(APP, { ...world.ports, rollouts, turns: createTurns() }, stopping.signal)
    ended.then(() => reject(new Error(`it ended without ${step}`)), reject)
  })
  return {
    async stop() {
      stopping.abort(new Error('the receiver stops'))
    },
  }
}

async function worldWithNext(): Promise<FakeWorld> {
  const world = await worldWithOneLive()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  return world
}

describe('a step that ends the receiver', () => {
  test.each(['resolve', 'pull', 'start', 'health', 'swap'])(
    'three times in a row fails its deployment: %s',
    async (step) => {
      const world = await worldWithNext()
      for (let died = 0; died < 3; died++) await receiverIn(world, step)
      await run(world)
      expect(get(world, 'dep_2')).toMatchObject({
        status: 'failed',
        error: {
          code: 'receiver_died',
          message: `the receiver died 3 times in a row in the step ${step}`,
        },
      })
      expect(world.flag.live).toBe('blue')
      expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
    },
  )

  test('three times while it is watched goes back to the version before', async () => {
    const world = await worldWithNext()
    for (let died = 0; died < 3; died++) await receiverIn(world, 'watch')
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ status: 'failed', error: { code: 'rolled_back' } })
    expect(world.flag.live).toBe('blue')
  })

  test.each(['drain', 'retire'])('three times in cleaning up is passed over: %s', async (step) => {
    const world = await worldWithNext()
    for (let died = 0; died < 3; died++) await receiverIn(world, step)
    await run(world)
    const { status, steps } = get(world, 'dep_2')
    expect(status).toBe('succeeded')
    expect(steps.find(({ name }) => name === step)?.status).toBe('failed')
  })

  test('three times in taking the failure back fails it all the same', async () => {
    const world = await worldWithNext()
    world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
    for (let died = 0; died < 3; died++) await receiverIn(world, 'abandon')
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ status: 'failed', error: { code: 'unhealthy' } })
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
  })

  test('twice is done the third time, and what comes after it counts anew', async () => {
    const world = await worldWithNext()
    for (const step of ['pull', 'start', 'health', 'watch']) {
      for (let died = 0; died < 2; died++) await receiverIn(world, step)
    }
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
  })

  test('is not counted by a receiver that is stopped in it, however often', async () => {
    const world = await worldWithNext()
    for (let times = 0; times < 10; times++) {
      const receiver = await receiverIn(world, 'pull')
      await receiver.stop()
    }
    expect(world.store.attempts('dep_2', 'pull')).toBe(0)
    await run(world)
    expect(get(world, 'dep_2').status).toBe('succeeded')
  })

  test('counts on over a stop', async () => {
    const world = await worldWithNext()
    for (const dies of [true, true, false, false, true]) {
      const receiver = await receiverIn(world, 'pull')
      if (!dies) await receiver.stop()
    }
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ error: { code: 'receiver_died' } })
  })

  test('is not one that fails: the engine may be away for long', async () => {
    const world = await worldWithNext()
    const { containers } = world.ports.engine
    let away = 10
    world.ports.engine.containers = (app) =>
      away-- > 0
        ? Promise.reject(new DeployError('engine_unreachable', 'Docker does not answer'))
        : containers(app)
    world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
    await run(world)
    expect(get(world, 'dep_2')).toMatchObject({ error: { code: 'unhealthy' } })
    expect(world.store.attempts('dep_2', 'abandon')).toBe(0)
  })
})

test('a line of a step that cannot be kept does not end it', async () => {
  const world = await worldWithNext()
  const { append } = world.store
  world.ports.journal.append = (id, event, options) => {
    if (event.type === 'progress') throw new DeployError('store_failed', 'its disk is full')
    return append(id, event, options)
  }
  await run(world)
  expect(get(world, 'dep_2').status).toBe('succeeded')
  expect(world.reports.filter((line) => line.includes('cannot be kept'))).toHaveLength(1)
})

test('beside a step that ends the receiver, those of other apps are not counted again and again', async () => {
  const world = await worldWithNext()
  const other = { ...APP, name: 'other' }
  world.store.add({
    id: 'dep_other',
    app: 'other',
    action: 'deploy',
    status: 'queued',
    image: { repository: APP.image.repository, digest: DIGEST.three },
    source: {},
    created_at: '2026-01-01T00:00:00.000Z',
    steps: [],
  })
  // both are under way at each death, and both are taken up again at each start
  for (let died = 0; died < 3; died++) {
    const turns = createTurns()
    const rollouts = slotsAlone(hangingIn(world, 'pull', () => {}))
    const ports = { ...world.ports, rollouts, turns }
    void reconcile(APP, ports, new AbortController().signal)
    void reconcile(other, ports, new AbortController().signal)
    const counts = () => [
      world.store.attempts('dep_2', 'pull'),
      world.store.attempts('dep_other', 'pull'),
    ]
    await expect.poll(() => Math.max(...counts())).toBe(died + 1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const counts = [world.store.attempts('dep_2', 'pull'), world.store.attempts('dep_other', 'pull')]
  expect(counts.toSorted((one, two) => one - two)).toStrictEqual([1, 3])
})
