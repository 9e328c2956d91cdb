import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Layer, Registry } from '../../receiver/core/image/registry.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

/** What an image is made of: its layers, or those of each platform (`linux/arm64`). A layer is its content. */
export type Made =
  { layers: readonly string[] } | { platforms: Readonly<Record<string, readonly string[]>> }

export interface RegistryUnderTest {
  registry: Registry
  /** The same, asked by somebody whom it does not let in. */
  stranger: Registry
  /** A repository of it, and one whose registry does not answer. */
  repository: string
  away: string
  /** Resolves to the digest that the tag stands for from now on. */
  push(tag: string, made: Made): Promise<string>
  close(): Promise<void>
}

const ARM = { os: 'linux', architecture: 'arm64' }
const AMD = { os: 'linux', architecture: 'amd64' }
const NOWHERE = `sha256:${'0'.repeat(64)}`

/** As a registry tells it of layers that nothing compressed. */
export const layerOf = (content: string): Layer => ({
  diffId: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  bytes: Buffer.byteLength(content),
})

/** How each of them is refused. */
const refusals = (asked: readonly Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(
    asked.map((each) =>
      each.then(
        () => 'answered',
        (error: unknown) => error,
      ),
    ),
  )

/** What the port `Registry` promises. */
export function registryContract(name: string, open: () => Promise<RegistryUnderTest>): void {
  describe(`registry: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    const signal = new AbortController().signal
    let it: RegistryUnderTest
    let registry: Registry
    let repository: string
    beforeAll(async () => {
      it = await open()
      ;({ registry, repository } = it)
    }, TIME_LIMIT_MS)
    afterAll(() => it.close(), TIME_LIMIT_MS)

    const plain = () => it.push('plain', { layers: ['base', 'app of one', 'files'] })
    const several = () =>
      it.push('several', {
        platforms: { 'linux/arm64': ['arm'], 'linux/amd64': ['amd', 'more of amd'] },
      })

    test('a tag stands for the digest that was pushed last', async () => {
      const one = await it.push('moving', { layers: ['one'] })
      expect(await registry.resolve({ repository, tag: 'moving' }, signal)).toBe(one)
      const two = await it.push('moving', { layers: ['two'] })
      expect(two).not.toBe(one)
      expect(await registry.resolve({ repository, tag: 'moving' }, signal)).toBe(two)
    })

    test('of an image for several platforms it stands for them all', async () => {
      const digest = await several()
      expect(await registry.resolve({ repository, tag: 'several' }, signal)).toBe(digest)
    })

    test('a tag, a repository or a digest that there is not is image_missing', async () => {
      await plain()
      const digest = NOWHERE
      const asked = [
        registry.resolve({ repository, tag: 'nowhere' }, signal),
        registry.resolve({ repository: `${repository}-nowhere`, tag: 'plain' }, signal),
        registry.platforms({ repository, digest }, signal),
        registry.layers({ repository, digest }, AMD, signal),
      ]
      const refused = { name: 'DeployError', code: 'image_missing' }
      expect(await refusals(asked)).toMatchObject(asked.map(() => refused))
    })

    test('one that does not answer is registry_unreachable, whatever it is asked', async () => {
      const image = { repository: it.away, digest: NOWHERE }
      const asked = [
        registry.resolve({ repository: it.away, tag: 'plain' }, signal),
        registry.platforms(image, signal),
        registry.layers(image, AMD, signal),
      ]
      const refused = { name: 'DeployError', code: 'registry_unreachable' }
      expect(await refusals(asked)).toMatchObject(asked.map(() => refused))
    })

    test('one that does not let in is registry_denied, whatever it is asked', async () => {
      const image = { repository, digest: await plain() }
      const asked = [
        it.stranger.resolve({ repository, tag: 'plain' }, signal),
        // also of what there is not: a stranger learns nothing
        it.stranger.resolve({ repository, tag: 'nowhere' }, signal),
        it.stranger.platforms(image, signal),
        it.stranger.layers(image, AMD, signal),
      ]
      const refused = { name: 'DeployError', code: 'registry_denied' }
      expect(await refusals(asked)).toMatchObject(asked.map(() => refused))
    })

    test('layers come from the lowest, as they unpack and with their sizes', async () => {
      const digest = await plain()
      const layers = ['base', 'app of one', 'files'].map(layerOf)
      expect(await registry.layers({ repository, digest }, AMD, signal)).toEqual(layers)
    })

    test('of an image for one platform they are the same whatever is asked for', async () => {
      const digest = await plain()
      const [amd, arm] = await Promise.all(
        [AMD, ARM].map((platform) => registry.layers({ repository, digest }, platform, signal)),
      )
      expect(arm).toEqual(amd)
    })

    test('of an image for several they are those of the platform that is asked for', async () => {
      const digest = await several()
      expect(await registry.layers({ repository, digest }, ARM, signal)).toEqual([layerOf('arm')])
      expect(await registry.layers({ repository, digest }, AMD, signal)).toEqual(
        ['amd', 'more of amd'].map(layerOf),
      )
    })

    test('of a platform that it was not built for they cannot be told', async () => {
      const digest = await several()
      const other = { os: 'linux', architecture: 'riscv64' }
      await expect(registry.layers({ repository, digest }, other, signal)).rejects.toMatchObject({
        name: 'DeployError',
        code: 'platform_missing',
      })
    })

    test('of no platform those of an image for several are not told', async () => {
      const signalled = registry.layers({ repository, digest: await several() }, undefined, signal)
      expect(await signalled).toEqual([])
      const layers = ['base', 'app of one', 'files'].map(layerOf)
      const digest = await plain()
      expect(await registry.layers({ repository, digest }, undefined, signal)).toEqual(layers)
    })

    test('platforms are named as they were pushed, but for what is no platform', async () => {
      const digest = await it.push('attested', {
        platforms: { 'linux/arm64': ['a'], 'linux/amd64': ['b'], 'unknown/unknown': ['c'] },
      })
      expect(await registry.platforms({ repository, digest }, signal)).toEqual([
        'linux/arm64',
        'linux/amd64',
      ])
    })

    test('an image for one platform does not say which', async () => {
      expect(await registry.platforms({ repository, digest: await plain() }, signal)).toEqual([])
    })

    test('whoever stops asking is told why, not that the registry failed', async () => {
      const image = { repository, digest: await plain() }
      const stopped = AbortSignal.abort(new Error('the receiver stops'))
      const asked = [
        registry.resolve({ repository, tag: 'plain' }, stopped),
        registry.platforms(image, stopped),
        registry.layers(image, AMD, stopped),
      ]
      expect(await refusals(asked)).toMatchObject(
        asked.map(() => ({ message: 'the receiver stops' })),
      )
    })
  })
}
