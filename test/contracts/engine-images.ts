import { beforeEach, describe, expect, test } from 'vitest'
import type { EngineAtWork } from './engine-at-work.ts'

/** What the port promises of images. */
export function engineImages(at: EngineAtWork): void {
  const { further, pull, started, withoutImages } = at

  describe('a pull', () => {
    beforeEach(withoutImages)

    test('brings an image once: one that is there is not pulled again', async () => {
      expect(await at.engine.held('contract', at.it.image)).toBeUndefined()
      const { pulled, facts } = await pull(at.it.image)
      expect(pulled).toBe(true)
      expect(facts).toEqual(await at.engine.image(at.it.image))
      expect(await at.engine.held('contract', at.it.image)).toEqual({ facts, isKept: false })
      expect(await pull(at.it.image)).toMatchObject({ pulled: false })
    })

    test('of what is there asks nobody: a login that is refused does not matter', async () => {
      await pull(at.it.image)
      expect(await pull(at.it.image, at.it.stranger)).toMatchObject({ pulled: false })
    })

    test('brings that image, and not another one of its repository', async () => {
      await pull(at.it.image)
      expect(await at.engine.held('contract', at.it.other)).toBeUndefined()
      expect(
        await at.engine.held('contract', {
          ...at.it.image,
          repository: `${at.it.image.repository}-x`,
        }),
      ).toBeUndefined()
    })

    test('of a digest that there is not is image_missing, and brings nothing', async () => {
      await expect(pull(at.it.missing)).rejects.toMatchObject({
        name: 'DeployError',
        code: 'image_missing',
      })
      expect(await at.engine.held('contract', at.it.missing)).toBeUndefined()
    })

    test('from a registry that does not answer is registry_unreachable', async () => {
      await expect(pull(at.it.away)).rejects.toMatchObject({ code: 'registry_unreachable' })
    })

    test('from a registry that does not let in is registry_denied', async () => {
      await expect(pull(at.it.image, at.it.stranger)).rejects.toMatchObject({
        code: 'registry_denied',
      })
      expect(await at.engine.held('contract', at.it.image)).toBeUndefined()
    })

    test('that nobody waits for any more says why it ended', async () => {
      const stopped = AbortSignal.abort(new Error('the receiver stops'))
      await expect(pull(at.it.image, at.engine, stopped)).rejects.toThrow('the receiver stops')
    })
  })

  describe('an image', () => {
    beforeEach(withoutImages)

    test('tells what it is made for', async () => {
      await pull(at.it.image)
      expect(await at.engine.image(at.it.image)).toEqual({
        ports: [8000],
        volumes: [],
      })
      await pull(at.it.other)
      expect((await at.engine.image(at.it.other)).volumes).toEqual(['/data'])
    })

    test('that is not there tells nothing', async () => {
      await expect(at.engine.image(at.it.image)).rejects.toMatchObject({ code: 'start_failed' })
    })

    test('is listed with those of its repository, and no others', async () => {
      expect(await at.engine.images(at.it.image.repository)).toEqual([])
      await pull(at.it.image)
      await pull(at.it.other)
      const digests = [at.it.image.digest, at.it.other.digest].toSorted()
      expect((await at.engine.images(at.it.image.repository)).toSorted()).toEqual(digests)
      expect(await at.engine.images(`${at.it.image.repository}-x`)).toEqual([])
    })

    test('that is removed is gone, alone, and removing it again is nothing', async () => {
      await pull(at.it.image)
      await pull(at.it.other)
      const { repository, digest } = at.it.image
      for (let times = 0; times < 2; times++) {
        await at.engine.removeImages('contract', repository, [digest, at.it.missing.digest])
        expect(await at.engine.images(repository)).toEqual([at.it.other.digest])
      }
      expect(await pull(at.it.image)).toMatchObject({ pulled: true })
    })

    test('that a container has stays, also while that stands still', async () => {
      const { name: container } = await started()
      const { repository, digest } = at.it.image
      await at.engine.removeImages('contract', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeDefined()
      await at.engine.stop(container, { graceMs: 0 })
      await at.engine.removeImages('contract', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeDefined()
      await at.engine.remove(container, { graceMs: 0 })
      await at.engine.removeImages('contract', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeUndefined()
    })

    test('that is in use does not keep the others', async () => {
      await started()
      await pull(at.it.other)
      await at.engine.removeImages('contract', at.it.image.repository, [
        at.it.image.digest,
        at.it.other.digest,
      ])
      expect(await at.engine.images(at.it.image.repository)).toEqual([at.it.image.digest])
    })

    test('that an app keeps is not swept away with what has no tag, and others are', async () => {
      await pull(at.it.image)
      await pull(at.it.other)
      for (let times = 0; times < 2; times++) await at.engine.keep('contract', at.it.image)
      await at.it.pruneImages()
      expect(await at.engine.images(at.it.image.repository)).toEqual([at.it.image.digest])
      expect(await pull(at.it.image, at.it.stranger)).toMatchObject({ pulled: false })
    })

    test('that an app kept is removed with all of it', async () => {
      await pull(at.it.image)
      expect(await at.engine.held('contract', at.it.image)).toMatchObject({ isKept: false })
      expect(await at.engine.keep('contract', at.it.image)).toBe(true)
      expect(await at.engine.held('contract', at.it.image)).toMatchObject({ isKept: true })
      expect(await at.engine.held('contract-other', at.it.image)).toMatchObject({ isKept: false })
      const { repository, digest } = at.it.image
      await at.engine.removeImages('contract', repository, [digest])
      expect(await at.engine.images(repository)).toEqual([])
      expect(await pull(at.it.image)).toMatchObject({ pulled: true })
    })

    test('that two apps keep stays until neither does', async () => {
      await pull(at.it.image)
      const { repository, digest } = at.it.image
      await at.engine.keep('contract', at.it.image)
      await at.engine.keep('contract-other', at.it.image)
      await at.engine.removeImages('contract', repository, [digest])
      await at.it.pruneImages()
      expect(await at.engine.held('contract', at.it.image)).toBeDefined()
      await at.engine.removeImages('contract-other', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeUndefined()
    })

    test('that is pulled for an app is kept for it from the first moment', async () => {
      await at.withoutImages()
      const options = { progress: () => {}, signal: at.signal, keepFor: 'contract' }
      expect(await at.engine.pull(at.it.image, options)).toMatchObject({
        pulled: true,
        isKept: true,
      })
      expect(await at.engine.held('contract', at.it.image)).toMatchObject({ isKept: true })
      expect(await at.engine.held('contract-other', at.it.image)).toMatchObject({ isKept: false })
    })

    test('that an app keeps and a container has stays', further, async () => {
      await started()
      await at.engine.keep('contract', at.it.image)
      const { repository, digest } = at.it.image
      await at.engine.removeImages('contract', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeDefined()
      await at.engine.removeImages('contract-other', repository, [digest])
      expect(await at.engine.held('contract', at.it.image)).toBeDefined()
    })

    test('that is not there cannot be kept, and nothing is made of it', async () => {
      expect(await at.engine.keep('contract', at.it.image)).toBe(false)
      expect(await at.engine.images(at.it.image.repository)).toEqual([])
    })

    test('that is held has its layers among those of the engine', async () => {
      const layers = await at.it.layersOf(at.it.image)
      expect(layers.length).toBeGreaterThan(0)
      await pull(at.it.image)
      expect(await at.engine.layers()).toContainEqual(layers)
      await at.engine.removeImages('contract', at.it.image.repository, [at.it.image.digest])
      expect(await at.engine.layers()).not.toContainEqual(layers)
    })
  })

  test('the disk has a path, room and a platform, when it is on this machine', async () => {
    const disk = await at.engine.disk()
    if (disk === undefined) return
    expect(disk.path).toMatch(/^\//)
    expect(disk.freeBytes).toBeGreaterThan(0)
    expect(disk.platform).toEqual({
      os: 'linux',
      architecture: expect.stringMatching(/^[a-z0-9]+$/),
    })
  })
}
