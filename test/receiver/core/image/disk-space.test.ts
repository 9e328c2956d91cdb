import { describe, expect, test } from 'vitest'
import { requireDiskSpace } from '../../../../receiver/core/image/disk-space.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST } from '../../../support/fake-world.ts'

const MB = 1_000_000
const layer = (diffId: string, bytes: number) => ({ diffId, bytes })

async function pullWith(freeBytes: number, held: string[][]) {
  const world = createFakeWorld()
  world.disk.value = {
    path: '/var/lib/docker',
    freeBytes,
    platform: { os: 'linux', architecture: 'amd64' },
  }
  world.disk.held = held
  world.disk.wanted = [layer('base', 300 * MB), layer('app', 100 * MB), layer('files', 10 * MB)]
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  return { world, deployment: world.store.get('dep_1')?.deployment }
}

test('an image that the disk has no room for is refused before it is pulled, with figures', async () => {
  const { world, deployment } = await pullWith(219 * MB, [['base'], ['other', 'app']])
  expect(deployment).toMatchObject({ status: 'failed', error: { code: 'disk_full' } })
  expect(deployment?.error?.message).toBe(
    `no room for registry.example/acme/api@${DIGEST.one}: its 2 new layers are 110.0 MB to pull and take at least 220.0 MB unpacked, and /var/lib/docker has 219.0 MB left`,
  )
  expect(world.calls).not.toContain('pull 1111')
})

test.for([
  ['there is just enough room', 220 * MB, [['base']]],
  ['the layers are there already', 0, [['base', 'app', 'files', 'more']]],
  ['there is plenty', 60_000 * MB, []],
] as const)('it is pulled when %s', async ([, free, held]) => {
  const { deployment } = await pullWith(
    free,
    held.map((chain) => [...chain]),
  )
  expect(deployment).toMatchObject({ status: 'succeeded' })
})

test('it is pulled when the sizes cannot be had', async () => {
  const world = createFakeWorld()
  world.disk.value = {
    path: '/var/lib/docker',
    freeBytes: 0,
    platform: { os: 'linux', architecture: 'amd64' },
  }
  world.ports.registry.layers = () => Promise.reject(new Error('a registry of its own kind'))
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
})

describe('the figures', () => {
  const image = { repository: APP.image.repository, digest: DIGEST.one }
  const platform = { os: 'linux', architecture: 'amd64' }
  const layers = [layer('base', 2 * MB), layer('app', MB)]
  const PLENTY = 50_000 * MB

  /** What is said of an image of one megabyte on top of `base`, and how often the engine was asked for what it has. */
  async function fits({ freeBytes, held = [] }: { freeBytes: number; held?: string[][] | Error }) {
    let asked = 0
    const images = {
      ...createFakeWorld().ports.images,
      async layers() {
        asked++
        if (held instanceof Error) throw held
        return held
      },
    }
    const disk = { path: '/disk', freeBytes, platform }
    const outcome = await requireDiskSpace(image, { layers, disk, images }).then(
      () => 'fits',
      (error: Error) => error.message,
    )
    return { outcome, asked }
  }

  test('of what the engine has are not asked for where there is plenty', async () => {
    expect(await fits({ freeBytes: PLENTY + 1 })).toStrictEqual({ outcome: 'fits', asked: 0 })
    expect(await fits({ freeBytes: PLENTY })).toStrictEqual({ outcome: 'fits', asked: 1 })
  })

  test('count each layer twice, to the byte', async () => {
    expect(await fits({ freeBytes: 6 * MB })).toMatchObject({ outcome: 'fits' })
    expect((await fits({ freeBytes: 6 * MB - 1 })).outcome).toContain('no room')
  })

  test('leave out what is there on top of the same layers, and nothing else', async () => {
    const on = (...held: string[][]) => fits({ freeBytes: 2 * MB, held })
    expect((await on(['base'])).outcome).toBe('fits')
    expect((await on(['base', 'other'])).outcome).toBe('fits')
    expect((await on(['other'], ['base', 'x'])).outcome).toBe('fits')
    expect((await on(['app'])).outcome).toContain('its 2 new layers')
    expect((await on(['other', 'base', 'app'])).outcome).toContain('its 2 new layers')
  })

  test('that the engine does not tell refuse nothing', async () => {
    expect((await fits({ freeBytes: 0, held: new Error('no answer') })).outcome).toBe('fits')
  })
})
