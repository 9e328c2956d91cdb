import { describe, expect, test } from 'vitest'
import type { EngineAtWork } from './engine-at-work.ts'

/** What the port promises of volumes. */
export function engineVolumes(at: EngineAtWork): void {
  const { pull, otherApp, started } = at

  const kept = (path = '/data', replica = 1) => {
    const volume = at.engine.volumeName({ app: 'contract', path, replica })
    return { path, replica, volume }
  }

  describe('a volume', () => {
    test('has a name for each app, path and replica, always the same', () => {
      const names = [
        kept(),
        kept('/data', 2),
        kept('/da-ta'),
        kept('/da/ta'),
        kept('/da_ta'),
        kept('/'),
        kept(`/${'x'.repeat(500)}`),
        { volume: at.engine.volumeName({ app: 'contract-other', path: '/data', replica: 1 }) },
      ].map(({ volume }) => volume)
      expect(new Set(names).size).toBe(names.length)
      expect(kept().volume).toBe(names[0])
    })

    test('is made with the container that has it first, and stays when that is removed', async () => {
      const volumes = [kept(), kept('/more')]
      expect(await at.it.volumes()).not.toContain(kept().volume)
      const { name, container } = await started({ volumes })
      expect(container.anonymous).toEqual({})
      await at.engine.remove(name, { graceMs: 0 })
      expect(await at.it.volumes()).toEqual(
        expect.arrayContaining(volumes.map(({ volume }) => volume)),
      )
      await started({ volumes, generation: 2 })
    })

    test('that a container has is not removed, running or not, and the others are', async () => {
      const [one, two] = [kept(), kept('/more')]
      const { name } = await started({ volumes: [one] })
      const second = otherApp({ volumes: [two], address: at.it.addresses[0] })
      await at.engine.start(second)
      await at.engine.remove(at.it.nameOf(second), { graceMs: 0 })
      await at.engine.stop(name, { graceMs: 0 })
      const all = [one.volume, two.volume]
      expect(await at.engine.removeVolumes(all)).toEqual([two.volume])
      expect(await at.it.volumes()).toContain(one.volume)
      expect(await at.engine.missingVolumes(all)).toEqual([two.volume])
      await at.engine.remove(name, { graceMs: 0 })
      // one that is gone already counts as gone
      expect(await at.engine.removeVolumes(all)).toEqual(all)
      for (const each of all) expect(await at.it.volumes()).not.toContain(each)
    })

    test('without a name, of a container that an older version made, is shown and outlives it', async () => {
      await pull(at.it.image)
      const name = await at.it.older('/data')
      const [container] = await at.engine.containers('contract')
      const volume = container?.anonymous['/data'] ?? ''
      expect(container).toMatchObject({ name, anonymous: { '/data': expect.any(String) } })
      await at.engine.remove(name, { graceMs: 0 })
      expect(await at.it.volumes()).toContain(volume)
      const next = await started({ volumes: [{ path: '/data', replica: 1, volume }] })
      expect(next.container.anonymous).toEqual({})
      await at.engine.remove(next.name, { graceMs: 0 })
      expect(await at.it.volumes()).toContain(volume)
      expect(await at.engine.removeVolumes([volume])).toEqual([volume])
    })
  })
}
