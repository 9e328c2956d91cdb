import { expect, test } from 'vitest'
import { lookAtOrder } from '../../../receiver/serve/doctor/look-at-order.ts'
import { APP } from '../../support/fake-world.ts'

const stored = (id: string, status: string, generation: number) =>
  ({ generation, deployment: { id, status, image: { digest: 'sha256:1' } } }) as never

test('while a deployment is under way what it ordered is no change of somebody else', () => {
  const status = {
    image: 'x@sha256:2',
    generation: 2,
    phase: 'updating',
    wanted: 2,
    updated: 0,
    old: 2,
    waits: 'pod api-1 is not ready',
    failures: [],
  } as never
  const journal = (current: unknown) =>
    ({
      live: () => stored('dep_1', 'succeeded', 1),
      next: () => current,
      find: () => stored('dep_2', 'running', 2),
      settings: () => undefined,
    }) as never
  const look = (current: unknown) =>
    lookAtOrder(APP, status, { journal: journal(current), hint: '' })
  expect(look(stored('dep_2', 'running', 2))).toBe(
    'dep_2 is under way: 0 of 2 run what was ordered; pod api-1 is not ready',
  )
  expect(() => look(undefined)).toThrow('somebody took it back; deploy-receiver restart api')
})
