import { describe, expect, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import { apply } from '../../../receiver/core/deployment.ts'
import { DIGEST } from '../../support/fake-world.ts'

const [T0, T1, T2] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z']
const QUEUED: Deployment = {
  id: 'dep_1',
  app: 'api',
  action: 'deploy',
  status: 'queued',
  image: { repository: 'registry.example/acme/api', tag: 'latest' },
  source: {},
  created_at: T0,
  steps: [],
}
const ERROR = { code: 'unhealthy', message: 'it was not healthy' }
const after = (...events: DeploymentEvent[]) => events.reduce(apply, QUEUED)

describe('an event changes of a deployment what it tells, and nothing else', () => {
  test.each<[DeploymentEvent, Partial<Deployment>]>([
    [
      { type: 'started', at: T1 },
      { status: 'running', started_at: T1 },
    ],
    [
      { type: 'image', at: T1, digest: DIGEST.one },
      { image: { ...QUEUED.image, digest: DIGEST.one } },
    ],
    [
      {
        type: 'image',
        at: T1,
        digest: DIGEST.one,
        previous: { deployment: 'dep_0', digest: DIGEST.two },
      },
      {
        image: { ...QUEUED.image, digest: DIGEST.one },
        previous: { deployment: 'dep_0', digest: DIGEST.two },
      },
    ],
    [{ type: 'progress', at: T1, step: 'pull', message: 'half' }, {}],
    [{ type: 'live', at: T1 }, { live_at: T1 }],
    [
      { type: 'finished', at: T1, status: 'succeeded' },
      { status: 'succeeded', finished_at: T1 },
    ],
    [
      { type: 'finished', at: T1, status: 'failed', error: ERROR },
      { status: 'failed', finished_at: T1, error: ERROR },
    ],
    [
      { type: 'step', at: T1, step: 'pull', status: 'running' },
      { steps: [{ name: 'pull', status: 'running', started_at: T1 }] },
    ],
    [
      { type: 'step', at: T1, step: 'health', status: 'failed', ms: 5, error: ERROR },
      { steps: [{ name: 'health', status: 'failed', started_at: T1, ms: 5 }], error: ERROR },
    ],
  ])('%j', (event, change) => {
    expect(after(event)).toStrictEqual({ ...QUEUED, ...change })
  })
})

test('a step that ends keeps the time of its beginning, and one that runs again begins anew', () => {
  const began: DeploymentEvent = { type: 'step', at: T0, step: 'pull', status: 'running' }
  const other: DeploymentEvent = { type: 'step', at: T1, step: 'start', status: 'running' }
  const ended: DeploymentEvent = { type: 'step', at: T1, step: 'pull', status: 'succeeded', ms: 9 }
  const start = { name: 'start', status: 'running', started_at: T1 }
  expect(after(began, other, ended).steps).toStrictEqual([
    { name: 'pull', status: 'succeeded', started_at: T0, ms: 9 },
    start,
  ])
  expect(after(began, other, { ...began, at: T2 }).steps).toStrictEqual([
    { name: 'pull', status: 'running', started_at: T2 },
    start,
  ])
})

test('the first time counts, of what is told twice', () => {
  const twice = after(
    { type: 'started', at: T1 },
    { type: 'live', at: T1 },
    { type: 'started', at: T2 },
    { type: 'live', at: T2 },
  )
  expect(twice).toStrictEqual({ ...QUEUED, status: 'running', started_at: T1, live_at: T1 })
})

test.each(['succeeded', 'failed', 'superseded'] as const)(
  'a deployment that has %s never changes',
  (status) => {
    const final = after({ type: 'finished', at: T1, status })
    for (const event of [
      { type: 'started', at: T2 },
      { type: 'live', at: T2 },
      { type: 'step', at: T2, step: 'pull', status: 'running' },
      { type: 'finished', at: T2, status: 'failed', error: ERROR },
    ] as const) {
      expect(apply(final, event)).toBe(final)
    }
  },
)
