import { beforeEach, describe, expect, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { lookAhead, pull } from '../../../../receiver/core/image/pull.ts'
import type { Held } from '../../../../receiver/core/image/image-store.ts'
import type { Progress } from '../../../../receiver/core/rollout.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const image = { repository: APP.image.repository, digest: DIGEST.one }

let world: FakeWorld
let lines: string[]
beforeEach(() => {
  world = createFakeWorld()
  lines = []
})
const { signal } = new AbortController()
const run = async ({ rollback = false } = {}) => {
  const known = await lookAhead('api', image, world.ports, { rollback, signal })
  const progress: Progress = ({ message }) => lines.push(message)
  return pull('api', image, known, world.ports, { progress, signal })
}

test('an image that is there asks nobody, on a full disk too', async () => {
  expect(await run()).toBe('pulled, and its digest is right')
  world.disk.wanted = [{ diffId: 'other', bytes: 1_000_000 }]
  world.disk.value = {
    path: '/var/lib/docker',
    freeBytes: 0,
    platform: { os: 'linux', architecture: 'amd64' },
  }
  expect(await run()).toBe('was there already')
})

test('an image is the app’s from then on, and is pulled once more when another one removed it just before', async () => {
  const { images } = world.ports
  const remove = () => images.removeImages('web', image.repository, [image.digest])
  const { pull: pullImage } = images
  let times = 0
  images.pull = async (what, { keepFor = '', ...options }) => {
    if (times++ > 0) return pullImage(what, { ...options, keepFor })
    const pulled = await pullImage(what, options)
    await remove()
    return pulled
  }
  await run()
  expect([times, (await images.held('api', image))?.isKept]).toStrictEqual([2, true])
  await remove()
  expect(await images.held('api', image)).toBeDefined()
})

test('one that is there is kept if it was not, and one that is kept already asks the engine once', async () => {
  const { images } = world.ports
  await images.pull(image, { progress: () => {}, signal })
  const asked: string[] = []
  world.ports.images = {
    ...images,
    held: (...of) => (asked.push('held'), images.held(...of)),
    pull: (...of) => (asked.push('pull'), images.pull(...of)),
    keep: (...of) => (asked.push('keep'), images.keep(...of)),
    image: (...of) => (asked.push('image'), images.image(...of)),
  }
  expect([await run(), await run()]).toStrictEqual(['was there already', 'was there already'])
  expect(asked).toStrictEqual(['held', 'keep', 'held'])
})

test('one that goes between the look and the pull is pulled', async () => {
  const { images } = world.ports
  await run()
  const known = await lookAhead('api', image, world.ports, { rollback: false, signal })
  await images.removeImages('api', image.repository, [image.digest])
  const of = { ...(known as Held), isKept: false }
  const line = await pull('api', image, of, world.ports, { progress: () => {}, signal })
  expect(line).toBe('pulled, and its digest is right')
})

test('a bad moment of the registry is told, and passes', async () => {
  world.failures.set('pull', new DeployError('registry_unreachable', 'connection reset'))
  world.clock.during = () => world.failures.clear()
  expect(await run()).toBe('pulled, and its digest is right')
  expect(lines).toStrictEqual(['connection reset; again in 1 s'])
})

test('an image for other processors says for which ones it was built', async () => {
  const failure = new DeployError('platform_missing', 'no matching manifest', { hint: 'build it' })
  world.failures.set('pull', failure)
  await expect(run()).rejects.toMatchObject({
    code: 'platform_missing',
    message: 'no matching manifest; it was built for linux/amd64, linux/arm64',
    hint: 'build it',
  })
})

test('the engine’s own words stay when the registry has no others', async () => {
  const failure = new DeployError('platform_missing', 'no matching manifest')
  world.failures.set('pull', failure)
  world.ports.registry.platforms = async () => []
  await expect(run()).rejects.toBe(failure)
  world.ports.registry.platforms = () =>
    Promise.reject(new DeployError('registry_denied', 'another matter'))
  await expect(run()).rejects.toBe(failure)
})

test('a busy registry is asked when it wants to be asked again', async () => {
  world.failures.set('pull', new DeployError('registry_busy', 'toomanyrequests'))
  world.ports.registry.platforms = () =>
    Promise.reject(new DeployError('registry_busy', 'in 40 s', { retryAfterMs: 40_000 }))
  world.clock.during = () => world.failures.clear()
  await run()
  expect(world.clock.ms()).toBe(40_000)
  expect(lines).toStrictEqual(['in 40 s; again in 40 s'])
})

test('a failure that nobody foresaw is passed on as it is', async () => {
  const failure = new Error('a defect')
  world.failures.set('pull', failure)
  await expect(run()).rejects.toBe(failure)
})

describe('a rollback', () => {
  const away = new DeployError('registry_unreachable', 'cannot read it: connection refused')

  test('to an image that is there needs no registry', async () => {
    await run()
    world.ports.registry.platforms = () => Promise.reject(away)
    world.ports.registry.layers = () => Promise.reject(away)
    expect(await run({ rollback: true })).toBe('was there already')
    expect(world.clock.ms()).toBe(0)
  })

  test('to one that is gone fails at once when its registry is away, with what to do', async () => {
    world.ports.registry.platforms = () => Promise.reject(away)
    await expect(run({ rollback: true })).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringMatching(
        /^sha256:1+ is no longer on this machine.*connection refused$/,
      ),
      hint: expect.stringContaining('roll back to a digest that is still here'),
    })
    expect([world.clock.ms(), world.calls, lines]).toStrictEqual([0, [], []])
  })

  test('to one that is gone has it pulled when the registry answers, whatever it says', async () => {
    expect(await run({ rollback: true })).toBe('pulled, and its digest is right')
    await world.ports.images.removeImages('api', image.repository, [image.digest])
    const busy = new DeployError('registry_busy', 'slow down')
    world.ports.registry.platforms = () => Promise.reject(busy)
    expect(await run({ rollback: true })).toBe('pulled, and its digest is right')
  })
})

test('a deployment waits for a registry that is away, as it may be back', async () => {
  const away = new DeployError('registry_unreachable', 'connection refused')
  world.failures.set('pull', away)
  await expect(run()).rejects.toBe(away)
  expect(lines).toHaveLength(3)
})
