import { beforeEach, expect, test } from 'vitest'
import { prune } from '../../../../receiver/core/image/prune.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const { repository } = APP.image
const FOUR = `sha256:${'4'.repeat(64)}`
const STRANGER = `sha256:${'9'.repeat(64)}`
const app = { ...APP, keep: 2 }

let world: FakeWorld

/** Keeps deployments that were live, oldest first, and has the engine hold their images. */
async function deployed(...digests: string[]) {
  for (const [at, digest] of digests.entries()) {
    const id = `dep_${at + 1}`
    world.accept({ id, digest })
    world.store.append(id, { type: 'live', at: '' }, { live: true })
    world.store.append(id, { type: 'finished', at: '', status: 'succeeded' })
    await hold(digest)
  }
}
const hold = (digest: string, from = repository) =>
  world.ports.images.pull(
    { repository: from, digest },
    { progress: () => {}, signal: new AbortController().signal },
  )
const held = async (from = repository) =>
  (await world.ports.images.images(from)).map((digest) => digest.slice(7, 8)).toSorted()

beforeEach(() => {
  world = createFakeWorld()
})

test('the newest that were live are kept, as many as `keep` says', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three, FOUR)
  await prune({ ...app, keep: 3 }, world.ports)
  expect(await held()).toStrictEqual(['2', '3', '4'])
  await prune(app, world.ports)
  expect(await held()).toStrictEqual(['3', '4'])
})

test('what is live is kept, however old it is', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three)
  world.store.setLive('api', 'dep_1')
  await prune(app, world.ports)
  expect(await held()).toStrictEqual(['1', '3'])
})

test('an image that no deployment brought is left alone', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three)
  await hold(STRANGER)
  await prune(app, world.ports)
  expect(await held()).toStrictEqual(['2', '3', '9'])
  expect(world.calls).not.toContain('removeImage 9999')
})

test('what is kept is kept from a sweep of the engine, too, and from another app of that repository', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three)
  await prune(app, world.ports)
  world.pruneImages()
  expect(await held()).toStrictEqual(['2', '3'])
  await world.ports.images.removeImages('worker', repository, [DIGEST.two])
  expect(await held()).toStrictEqual(['2', '3'])
})

test('images of another repository are left alone, of whatever digest', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three)
  await hold(DIGEST.one, 'registry.example/acme/web')
  await prune(app, world.ports)
  expect(await held('registry.example/acme/web')).toStrictEqual(['1'])
})

test('what failed is removed, but for the one that may be tried again soon', async () => {
  await deployed(DIGEST.one)
  for (const digest of [DIGEST.two, DIGEST.three]) {
    world.accept({ id: digest, digest })
    world.store.append(digest, { type: 'finished', at: '', status: 'failed' })
    await hold(digest)
  }
  await prune(app, world.ports, DIGEST.three)
  expect(await held()).toStrictEqual(['1', '3'])
  await prune(app, world.ports)
  expect(await held()).toStrictEqual(['1'])
})

test('tidying up that fails is reported, and fails nothing', async () => {
  await deployed(DIGEST.one, DIGEST.two, DIGEST.three)
  world.failures.set('removeImage', new Error('Docker does not answer'))
  await expect(prune(app, world.ports)).rejects.toThrow('Docker does not answer')
  await world.ports.rollouts.docker.tidy(app)
  expect(world.reports).toStrictEqual([
    expect.stringContaining('old images and logs could not be removed'),
  ])
})
