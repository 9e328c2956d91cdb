import { expect, test } from 'vitest'
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
