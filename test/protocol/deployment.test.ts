import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Accepted, Deployment, readEvent } from '../../protocol/deployment.ts'

const at = '2026-01-02T03:04:06.000Z'

test('a deployment with steps that this version does not know is read', () => {
  const steps = [
    { name: 'apply', status: 'succeeded', started_at: at, ms: 12 },
    { name: 'rollout', status: 'running', started_at: at },
  ]
  const deployment = {
    id: 'dep_1',
    app: 'api',
    action: 'deploy',
    status: 'running',
    image: { repository: 'ghcr.io/acme/api' },
    source: {},
    created_at: at,
    steps,
  }
  expect(v.parse(Deployment, deployment).steps).toStrictEqual(steps)
})

const DEPLOYMENT = {
  id: 'dep_1',
  app: 'api',
  action: 'rollback',
  status: 'failed',
  image: { repository: 'ghcr.io/acme/api', tag: 'latest', digest: 'sha256:11' },
  previous: { deployment: 'dep_0', digest: 'sha256:00' },
  settings_of: 'dep_0',
  url: 'https://api.example.com',
  source: {},
  created_at: at,
  started_at: at,
  finished_at: at,
  live_at: at,
  steps: [{ name: 'pull', status: 'failed', started_at: at, ms: 7 }],
  error: { code: 'pull_failed', message: 'no', hint: 'try', log: ['a line'] },
}

describe('what a 202 bears', () => {
  const accepted = { deployment: DEPLOYMENT, follow: { url: 'https://h.example/d', token: 't' } }

  test('is read whole', () => {
    expect(v.parse(Accepted, accepted)).toStrictEqual(accepted)
  })

  test.each(['deploy', 'redeploy', 'rollback'])('has the action %s', (action) => {
    expect(v.parse(Deployment, { ...DEPLOYMENT, action }).action).toBe(action)
  })

  test.each(['queued', 'running', 'succeeded', 'failed', 'superseded'])(
    'has the status %s',
    (status) => {
      expect(v.parse(Deployment, { ...DEPLOYMENT, status }).status).toBe(status)
    },
  )

  test.each<[string, object]>([
    ['a status that nobody gave', { status: '' }],
    ['an action that nobody gave', { action: 'delete' }],
    ['a digest that is a number', { image: { repository: 'x', digest: 7 } }],
    ['what was live before without its digest', { previous: { deployment: 'dep_0' } }],
    ['an error without its code', { error: { message: 'no' } }],
    ['a step without its status', { steps: [{ name: 'pull', started_at: at }] }],
    ['steps that are no list', { steps: {} }],
  ])('is not read with %s', (_what, change) => {
    const deployment = { ...DEPLOYMENT, ...change }
    expect(v.safeParse(Accepted, { ...accepted, deployment }).success).toBe(false)
  })

  test('is not read without where to follow it', () => {
    expect(v.safeParse(Accepted, { deployment: DEPLOYMENT, follow: {} }).success).toBe(false)
  })
})

describe('an event', () => {
  test.each<{ type: string; at: string; [more: string]: unknown }>([
    { type: 'started', at },
    { type: 'image', at, digest: 'sha256:11', previous: DEPLOYMENT.previous },
    { type: 'step', at, step: 'pull', status: 'running' },
    { type: 'step', at, step: 'pull', status: 'failed', ms: 1, error: DEPLOYMENT.error },
    { type: 'progress', at, step: 'pull', message: '1 of 2', current: 1, total: 2 },
    { type: 'live', at },
    { type: 'finished', at, status: 'succeeded' },
    { type: 'finished', at, status: 'failed', error: DEPLOYMENT.error },
    { type: 'finished', at, status: 'superseded' },
  ])('$type is read whole, and is not known without its time', (event) => {
    expect(readEvent(event)).toStrictEqual(event)
    const { at: _at, ...timeless } = event
    expect(readEvent(timeless)).toMatchObject({ type: 'unknown', kind: event.type })
  })

  test.each([
    { type: 'finished', at, status: 'running' },
    { type: 'image', at, digest: 'sha256:11', previous: { deployment: 'dep_0' } },
    { type: 'progress', at, step: 'pull', message: 'x', current: 'one' },
    { type: 'step', at, step: 'pull', status: '' },
  ])('%j is of another shape', (event) => {
    expect(readEvent(event)).toMatchObject({ type: 'unknown', kind: event.type })
  })

  test('of a step that this version does not know is that step', () => {
    const event = { type: 'step', at, step: 'apply', status: 'succeeded', ms: 3 }
    expect(readEvent(event)).toStrictEqual(event)
  })

  test('of a kind that this version does not know keeps its words', () => {
    expect(
      readEvent({ type: 'scaled', at, step: 'rollout', message: '2 of 3', of: [3] }),
    ).toStrictEqual({
      type: 'unknown',
      kind: 'scaled',
      step: 'rollout',
      message: '2 of 3',
    })
    expect(readEvent({ type: 'scaled', message: { text: 1 }, step: 7 })).toStrictEqual({
      type: 'unknown',
      kind: 'scaled',
    })
  })

  test('of a known kind in a newer shape is shown as one that is not known', () => {
    expect(readEvent({ type: 'step', at, step: 'pull', status: 'skipped' })).toStrictEqual({
      type: 'unknown',
      kind: 'step',
      step: 'pull',
    })
  })

  test.each([null, 7, 'step', [], {}, { type: 7 }])('is not read from %j', (json) => {
    expect(readEvent(json)).toBeUndefined()
  })
})
