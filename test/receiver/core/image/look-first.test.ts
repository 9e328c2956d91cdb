import { expect, test } from 'vitest'
import { DeployError, type DeployErrorCode } from '../../../../receiver/core/errors.ts'
import { lookFirst } from '../../../../receiver/core/image/look-first.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST } from '../../../support/fake-world.ts'

const image = { repository: APP.image.repository, digest: DIGEST.one }
const platform = { os: 'linux', architecture: 'amd64' }

/** What becomes of a deployment whose registry answers a question for the layers like this. */
async function deployWith(layers: () => Promise<never>) {
  const world = createFakeWorld()
  world.ports.registry.layers = layers
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  return { world, deployment: world.store.get('dep_1')?.deployment }
}

test.for(['digest_mismatch', 'image_invalid'] as const)(
  'an image that the registry has as %s ends the deployment, and the engine is given nothing',
  async (code) => {
    const { world, deployment } = await deployWith(() =>
      Promise.reject(new DeployError(code, 'what it has is none', { hint: 'look at it' })),
    )
    expect(deployment).toMatchObject({
      status: 'failed',
      error: { code, message: 'what it has is none', hint: 'look at it' },
    })
    expect(world.calls.filter((call) => call.startsWith('pull'))).toStrictEqual([])
  },
)

test.for<DeployErrorCode>([
  'platform_missing',
  'pull_failed',
  'registry_busy',
  'registry_denied',
  'registry_unreachable',
])('what the receiver cannot tell (%s) is left to the engine', async (code) => {
  const { deployment } = await deployWith(() => Promise.reject(new DeployError(code, 'no')))
  expect(deployment?.status).toBe('succeeded')
})

/** Looks with the engine’s disk as it is; resolves to what was asked of the registry. */
async function look(disk: () => Promise<typeof DISK | undefined>, signal?: AbortSignal) {
  const { images, registry } = createFakeWorld().ports
  const asked: unknown[] = []
  const ports = {
    images: { ...images, disk },
    registry: {
      ...registry,
      async layers(_: unknown, wanted: unknown) {
        asked.push(await wanted)
        if (signal?.aborted === true) throw new Error('no answer')
        return [{ diffId: 'base', bytes: 1 }]
      },
    },
  }
  await lookFirst(image, ports, signal ?? new AbortController().signal)
  return asked
}
const DISK = { path: '/disk', freeBytes: 2, platform }

test('layers are those of the engine’s own platform, where it has one on this machine', async () => {
  expect(await look(async () => DISK)).toStrictEqual([platform])
  expect(await look(async () => undefined)).toStrictEqual([undefined])
  expect(await look(() => Promise.reject(new Error('no answer')))).toStrictEqual([undefined])
})

test('what does not fit is refused', async () => {
  await expect(look(async () => ({ ...DISK, freeBytes: 1 }))).rejects.toMatchObject({
    code: 'disk_full',
  })
})

test('a receiver that stops does not wait for it', async () => {
  const signal = AbortSignal.abort(new Error('the receiver stops'))
  await expect(look(async () => DISK, signal)).rejects.toThrow('the receiver stops')
})
