import { describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal

/** A world in which version one of such an app is live. */
async function worldOf(change: Partial<DockerApp>) {
  const world = createFakeWorld()
  const app = { ...APP, ...change }
  const deploy = async (id: string, digest: string) => {
    world.calls.length = 0
    world.accept({ id, digest })
    await reconcile(app, world.ports, forever)
    const stored = world.store.get(id)
    if (stored === undefined) throw new Error(`${id} is not on record`)
    return stored.deployment
  }
  await deploy('dep_1', DIGEST.one)
  return { world, deploy }
}
const running = ({ containers }: FakeWorld) =>
  [...containers.values()].filter((each) => each.running).map(({ name }) => name)

describe('strategy: recreate', () => {
  const RECREATE = { strategy: 'recreate' } as const

  test('never runs two at once, and asks visitors to wait meanwhile', async () => {
    const { world, deploy } = await worldOf(RECREATE)
    let most = 0
    world.clock.during = () => (most = Math.max(most, running(world).length))
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ status: 'succeeded' })
    expect(world.calls).toStrictEqual([
      'pull 2222',
      'pause api',
      'stop api-1-blue',
      'start api-2-green',
      'flag green',
      'unpause api',
      'remove api-1-blue',
    ])
    expect(most).toBe(1)
  })

  test('starts the old one again when the new one fails', async () => {
    const { world, deploy } = await worldOf(RECREATE)
    world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({
      status: 'failed',
      error: { code: 'unhealthy' },
    })
    expect(running(world)).toStrictEqual(['api-1-blue'])
    expect(world.flag).toStrictEqual({ live: 'blue', paused: false })
    expect(world.calls.slice(-3)).toStrictEqual([
      'remove api-2-green',
      'startAgain api-1-blue',
      'unpause api',
    ])
  })

  test('swaps back to the old one when the new one fails while it is watched', async () => {
    const { world, deploy } = await worldOf(RECREATE)
    world.answers.set(DIGEST.two, () => ({
      status: world.flag.live === 'green' ? 500 : 200,
      body: '',
    }))
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ error: { code: 'rolled_back' } })
    expect(running(world)).toStrictEqual(['api-1-blue'])
    expect(world.flag).toStrictEqual({ live: 'blue', paused: false })
    expect(world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('leaves the old one alone when the pull fails', async () => {
    const { world, deploy } = await worldOf(RECREATE)
    world.failures.set('pull', new Error('no'))
    await deploy('dep_2', DIGEST.two)
    expect(world.calls).toStrictEqual(['pull 2222'])
    expect(running(world)).toStrictEqual(['api-1-blue'])
  })
})

describe('a worker', () => {
  const WORKER = { http: false }

  test('is healthy when it runs steadily, and nobody asks it anything', async () => {
    const { world, deploy } = await worldOf(WORKER)
    world.answers.set(DIGEST.two, () => {
      throw new Error('it was asked')
    })
    const began = world.clock.ms()
    const deployment = await deploy('dep_2', DIGEST.two)
    expect(deployment).toMatchObject({ status: 'succeeded' })
    expect(world.clock.ms() - began).toBeGreaterThanOrEqual(APP.health.intervalMs + APP.watchMs)
    expect(running(world)).toStrictEqual(['api-2-green'])
  })

  test('that ends is a failed deployment, and the old one runs on', async () => {
    const { world, deploy } = await worldOf(WORKER)
    world.clock.during = () => {
      const container = world.containers.get('api-2-green')
      if (container !== undefined) Object.assign(container, { running: false, exitCode: 1 })
    }
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ error: { code: 'exited' } })
    expect(running(world)).toStrictEqual(['api-1-blue'])
  })
})

describe('a release command', () => {
  const RELEASE = { release: { command: ['bin/migrate', 'up'], timeoutMs: 1000 } }

  test('runs once, after the pull and before anything starts, and its output is in the events', async () => {
    const { world, deploy } = await worldOf(RELEASE)
    world.releases.lines = ['migrating', 'done']
    const deployment = await deploy('dep_2', DIGEST.two)
    expect(world.calls.slice(0, 3)).toStrictEqual([
      'pull 2222',
      'runOnce 2: bin/migrate up',
      'start api-2-green',
    ])
    expect(deployment.steps.map(({ name }) => name).slice(1, 4)).toStrictEqual([
      'pull',
      'release',
      'start',
    ])
    const shown = world.store
      .events('dep_2', 0)
      .flatMap(({ event }) => (event.type === 'progress' ? event.message : []))
    expect(shown).toStrictEqual(expect.arrayContaining(['migrating', 'done']))
  })

  test('that fails stops the deployment before anything starts, with its output', async () => {
    const { world, deploy } = await worldOf(RELEASE)
    world.releases.lines = Array.from({ length: 60 }, (_, line) => `line ${line + 1}`)
    world.releases.exitCode = 3
    const { error } = await deploy('dep_2', DIGEST.two)
    expect(error).toMatchObject({
      code: 'release_failed',
      message: 'the release command "bin/migrate up" exited with code 3',
    })
    expect(error?.log).toHaveLength(50)
    expect(error?.log?.at(-1)).toBe('line 60')
    expect(world.calls).toStrictEqual(['pull 2222', 'runOnce 2: bin/migrate up'])
    expect(running(world)).toStrictEqual(['api-1-blue'])
  })
})
