import { beforeEach, describe, expect, test } from 'vitest'
import { settingsOf } from '../../../../receiver/core/app.ts'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import type { StoredDeployment } from '../../../../receiver/core/journal.ts'
import { warmGeneration } from '../../../../receiver/core/slots/warm.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const SETTINGS = settingsOf(APP)
const OTHERS = settingsOf({ ...APP, replicas: 5 })

let world: FakeWorld
beforeEach(() => {
  world = createFakeWorld()
  begin('dep_1')
})

/** Keeps a deployment that runs with these settings; `null` for one of which they are not known. */
function begin(
  id: string,
  {
    action = 'deploy',
    settings = SETTINGS,
    digest = DIGEST.one,
  }: {
    action?: 'deploy' | 'rollback'
    settings?: typeof SETTINGS | null
    digest?: string
  } = {},
): StoredDeployment {
  world.accept({ id, digest, action })
  world.store.append(id, { type: 'started', at: '' }, settings === null ? {} : { settings })
  const stored = world.store.get(id)
  if (stored === undefined) throw new Error(`${id} is not on record`)
  return stored
}

const standing = (change: Partial<Container> = {}): Container =>
  ({
    generation: 1,
    slot: 'blue',
    replica: 1,
    digest: DIGEST.one,
    restarts: 0,
    anonymous: {},
    ...change,
  }) as Container

const warm = (
  rollback: StoredDeployment,
  containers: readonly Container[] = [standing()],
  replicas = 1,
) =>
  warmGeneration(rollback, { live: 'green', containers }, 'blue', { replicas, ports: world.ports })

describe('what still stands', () => {
  const rollback = () => begin('dep_2', { action: 'rollback' })

  test('serves a rollback to the same digest with the same settings', () => {
    expect(warm(rollback())).toBe(1)
  })

  test('serves with all of its replicas', () => {
    const two = [standing(), standing({ replica: 2 })]
    expect(warm(rollback(), two, 2)).toBe(1)
    expect(warm(begin('dep_3', { action: 'rollback' }), two, 3)).toBeUndefined()
    expect(warm(begin('dep_4', { action: 'rollback' }), two, 1)).toBeUndefined()
  })

  test('does not serve a deployment that is no rollback', () => {
    expect(warm(begin('dep_2'))).toBeUndefined()
  })

  test('does not serve a rollback that has containers of its own', () => {
    const stored = rollback()
    const its = standing({ generation: stored.generation, slot: 'green' })
    expect(warm(stored, [standing(), its])).toBeUndefined()
  })

  test('does not serve a rollback to another digest', () => {
    expect(warm(begin('dep_2', { action: 'rollback', digest: DIGEST.two }))).toBeUndefined()
  })

  test('does not serve with other settings', () => {
    expect(warm(begin('dep_2', { action: 'rollback', settings: OTHERS }))).toBeUndefined()
  })

  test('does not serve when its settings are not known, nor those of the rollback', () => {
    const unknown = begin('dep_2', { settings: null })
    const its = standing({ generation: unknown.generation })
    expect(warm(begin('dep_3', { action: 'rollback', settings: null }), [its])).toBeUndefined()
    expect(warm(begin('dep_4', { action: 'rollback' }), [its])).toBeUndefined()
  })

  test('does not serve when nobody remembers it', () => {
    expect(warm(rollback(), [standing({ generation: 99 })])).toBeUndefined()
  })

  test.for<[string, Container[]]>([
    ['stands in the other slot', [standing({ slot: 'green' })]],
    ['was restarted', [standing({ restarts: 1 })]],
    ['is gone', []],
  ])('does not serve when it %s', ([, containers]) => {
    expect(warm(rollback(), containers)).toBeUndefined()
  })

  test.for<[string, Partial<Container>]>([
    ['is of another generation', { generation: 0 }],
    ['is of another digest', { digest: DIGEST.two }],
    ['was restarted', { restarts: 1 }],
  ])('does not serve when one replica %s', ([, change]) => {
    const two = [standing(), standing({ replica: 2, ...change })]
    expect(warm(rollback(), two, 2)).toBeUndefined()
  })
})
