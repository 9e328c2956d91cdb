import { beforeEach, expect, test } from 'vitest'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import {
  type ContainerEvent,
  isToRepair,
} from '../../../../receiver/core/slots/container-events.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

let world: FakeWorld
beforeEach(async () => {
  world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
})

const happens = (event: Partial<ContainerEvent>) =>
  isToRepair({ app: 'api', generation: 1, kind: 'removed', ...event }, world.ports)

test.for<[ContainerEvent['kind'], boolean, string]>([
  // Docker's restart policy starts these again, as the app's owner has chosen
  ['exited', false, 'exited'],
  ['out_of_memory', false, 'memory limit'],
  ['unhealthy', false, 'HEALTHCHECK'],
  ['stopped', true, 'stopped'],
  ['removed', true, 'removed'],
  ['paused', true, 'paused'],
  ['killed', true, 'docker kill'],
  ['cut_off', true, 'off a network'],
])(
  'a live container that is %s: to be put right is %s, and it is reported',
  ([kind, right, word]) => {
    expect(happens({ kind })).toBe(right)
    expect(world.reports).toStrictEqual([expect.stringContaining(word)])
  },
)

test('the exit code is reported', () => {
  happens({ kind: 'exited', exitCode: 3 })
  expect(world.reports).toStrictEqual([
    'the live container exited {"app":"api","deployment":"dep_1","exit_code":3}',
  ])
})

test('what befalls another generation is nothing, and so is what befalls another app', () => {
  expect(happens({ generation: 2 })).toBe(false)
  expect(happens({ app: 'web' })).toBe(false)
  expect(world.reports).toStrictEqual([])
})

test('what befalls the live container while a deployment runs is left to that', () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  world.store.append('dep_2', { type: 'started', at: world.clock.now() })
  expect(happens({})).toBe(false)
  expect(world.reports).toStrictEqual([])
})

test('a deployment that only waits puts nothing right', () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  expect(happens({})).toBe(true)
})

test('the live container is the one that a rollback stands in', () => {
  world.accept({ id: 'dep_2', digest: DIGEST.one, action: 'rollback' })
  world.ports.record.standIn('dep_2', 1)
  world.store.setLive('api', 'dep_2')
  world.store.append('dep_2', { type: 'finished', at: world.clock.now(), status: 'succeeded' })
  expect(happens({ generation: 2 })).toBe(false)
  expect(happens({ generation: 1 })).toBe(true)
})
