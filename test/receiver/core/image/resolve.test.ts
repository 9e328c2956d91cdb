import { expect, test } from 'vitest'
import { settingsOf } from '../../../../receiver/core/app.ts'
import { resolve } from '../../../../receiver/core/image/resolve.ts'
import { APP, createFakeWorld, DIGEST, unreachable } from '../../../support/fake-world.ts'

const signal = new AbortController().signal

function queued(order: { action?: 'deploy' | 'rollback'; digest?: string; settingsOf?: string }) {
  const world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.two })
  world.store.append('dep_1', { type: 'started', at: '' }, { settings: settingsOf(APP) })
  world.store.append('dep_1', { type: 'image', at: '', digest: DIGEST.two })
  world.store.append('dep_1', { type: 'live', at: '' }, { live: true })
  world.store.append('dep_1', { type: 'finished', at: '', status: 'succeeded' })
  world.accept({ id: 'dep_2', ...order })
  const progress: string[] = []
  const run = async () => {
    const stored = world.store.get('dep_2')
    if (stored === undefined) throw new Error('it is not on record')
    return resolve(APP, stored, world.ports, {
      progress: ({ message }) => progress.push(message),
      signal,
    })
  }
  return { world, run, progress }
}

test('a tag becomes the digest that it stands for now, and what it replaces is noted', async () => {
  const { world, run } = queued({})
  expect(await run()).toBe(`${APP.image.repository}:latest is ${DIGEST.one}`)
  expect(world.store.get('dep_2')?.deployment).toMatchObject({
    image: { digest: DIGEST.one },
    previous: { deployment: 'dep_1', digest: DIGEST.two },
  })
  expect(world.calls).toStrictEqual(['resolve latest'])
})

test('a digest is what it is: the registry is not asked', async () => {
  const { world, run } = queued({ digest: DIGEST.three })
  expect(await run()).toBe(DIGEST.three)
  expect(world.calls).toStrictEqual([])
})

test('a registry that does not answer is asked again, and that is shown', async () => {
  const { world, run, progress } = queued({})
  world.failures.set('resolve', unreachable())
  world.clock.during = () => world.failures.clear()
  expect(await run()).toContain(DIGEST.one)
  expect(world.calls).toStrictEqual(['resolve latest', 'resolve latest'])
  expect(progress).toStrictEqual([expect.stringContaining('again in 1 s')])
})

test.for<[string, Parameters<typeof queued>[0], string]>([
  ['a deployment says nothing of it', { action: 'deploy' }, ''],
  ['a rollback without any has the current ones', {}, ', with the current settings'],
  [
    'a rollback says whose it has',
    { settingsOf: 'dep_1' },
    ', with the settings of dep_1, and the rights and secrets of now',
  ],
  [
    'a rollback says when they are not known any more',
    { settingsOf: 'dep_0' },
    ', with the current settings: those of dep_0 are not known',
  ],
])('of settings, %s', async ([, order, expected]) => {
  const { run } = queued({ action: 'rollback', digest: DIGEST.one, ...order })
  expect(await run()).toBe(`${DIGEST.one}${expected}`)
})
