import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Deployment, readEvent } from '../../protocol/deployment.ts'

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
  expect(v.parse(Deployment, deployment).steps).toEqual(steps)
})

describe('an event', () => {
  test('of a step that this version does not know is that step', () => {
    const event = { type: 'step', at, step: 'apply', status: 'succeeded', ms: 3 }
    expect(readEvent(event)).toEqual(event)
  })

  test('of a kind that this version does not know keeps its words', () => {
    expect(readEvent({ type: 'scaled', at, step: 'rollout', message: '2 of 3', of: [3] })).toEqual({
      type: 'unknown',
      kind: 'scaled',
      step: 'rollout',
      message: '2 of 3',
    })
    expect(readEvent({ type: 'scaled', message: { text: 1 }, step: 7 })).toEqual({
      type: 'unknown',
      kind: 'scaled',
    })
  })

  test('of a known kind in a newer shape is shown as one that is not known', () => {
    expect(readEvent({ type: 'step', at, step: 'pull', status: 'skipped' })).toEqual({
      type: 'unknown',
      kind: 'step',
      step: 'pull',
    })
  })

  test.each([null, 7, 'step', [], {}, { type: 7 }])('is not read from %j', (json) => {
    expect(readEvent(json)).toBeUndefined()
  })
})
