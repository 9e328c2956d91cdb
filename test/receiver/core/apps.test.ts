import { beforeEach, describe, expect, test } from 'vitest'
import type { AppSpec } from '../../../receiver/core/app.ts'
import { type Apps, createApps } from '../../../receiver/core/apps.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../support/fake-world.ts'

const WEB: AppSpec = { ...APP, name: 'web' }

let world: FakeWorld
let shown: string[]
/** What happens while visitors are shown the way. */
let during: () => unknown
let apps: Apps<AppSpec>
beforeEach(() => {
  world = createFakeWorld()
  shown = []
  during = () => {}
  apps = createApps(world.ports, async (all) => {
    shown.push(all.map(({ name }) => name).join())
    await during()
    return ['a warning']
  })
})

const names = () => [...apps.all().keys()]

describe('the apps that are taken', () => {
  test('are shown all at once, and known while they are', async () => {
    during = () => expect(names()).toStrictEqual(['api', 'web'])
    expect(await apps.take([APP, WEB])).toStrictEqual(['a warning'])
    expect(shown).toStrictEqual(['api,web'])
    expect(names()).toStrictEqual(['api', 'web'])
  })

  test('are another map whenever they change, so that what is made of them can be kept', async () => {
    await apps.take([APP])
    const before = apps.all()
    expect(apps.all()).toBe(before)
    await apps.take([WEB])
    expect(apps.all()).not.toBe(before)
    expect(names()).toStrictEqual(['web'])
  })

  test('are those before when they cannot be shown', async () => {
    await apps.take([APP])
    during = () => Promise.reject(new Error('Nginx does not take them'))
    await expect(apps.take([WEB])).rejects.toThrow('Nginx does not take them')
    expect(names()).toStrictEqual(['api'])
    during = () => {}
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await over('dep_1')
    expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
    await apps.stop()
  })
})

/** Wakes the app and waits until its deployment is over. */
async function over(id: string): Promise<void> {
  apps.wake('api')
  while (world.store.get(id)?.deployment.finished_at === undefined) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a deployment', () => {
  test('begins with the settings that visitors can be served with, not with refused ones', async () => {
    await apps.take([APP])
    during = async () => {
      world.accept({ id: 'dep_1', digest: DIGEST.one })
      await over('dep_1')
      throw new Error('Nginx does not take them')
    }
    await expect(apps.take([{ ...APP, replicas: 3 }])).rejects.toThrow('Nginx does not take them')
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
    await apps.stop()
  })

  test('begins with the new settings once these are taken', async () => {
    await apps.take([APP])
    await apps.take([{ ...APP, replicas: 2 }])
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await over('dep_1')
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue', 'api-1-blue-2'])
    await apps.stop()
  })

  test('of an app that is gone is not begun, and what runs is left alone', async () => {
    await apps.take([APP])
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await over('dep_1')
    await apps.take([])
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    apps.wake('api')
    apps.wake()
    await apps.stop()
    expect(world.store.get('dep_2')?.deployment.status).toBe('queued')
    expect([...world.containers.keys()]).toStrictEqual(['api-1-blue'])
  })
})

describe('all of them', () => {
  const standing = () => [...world.containers.values()].filter(({ running }) => running).length

  test('look when nobody is named', async () => {
    await apps.take([APP])
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await over('dep_1')
    for (const container of world.containers.values()) container.running = false
    apps.wake()
    while (standing() === 0) await new Promise((resolve) => setImmediate(resolve))
    await apps.stop()
  })

  test('remove what they do not keep when they are told to tidy up', async () => {
    await apps.take([{ ...APP, keep: 1 }])
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await over('dep_1')
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await over('dep_2')
    await world.ports.images.pull(
      { repository: APP.image.repository, digest: DIGEST.one },
      { progress: () => {}, signal: new AbortController().signal },
    )
    world.calls.length = 0
    apps.tidy()
    while (!world.calls.includes('removeImage 1111')) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await apps.stop()
  })

  test('do nothing any more once they are stopped', async () => {
    await apps.take([APP])
    apps.wake()
    await apps.stop()
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    apps.wake()
    await apps.stop()
    expect(world.store.get('dep_1')?.deployment.status).toBe('queued')
  })
})
