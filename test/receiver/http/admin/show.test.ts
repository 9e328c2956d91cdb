import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const ask = async (path: string) => {
  const response = await world.local.request(path)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
async function order(): Promise<string> {
  const response = await world.local.request('/hooks/api', { method: 'POST' })
  return ((await response.json()) as { deployment: { id: string } }).deployment.id
}

test('a deployment is shown with what its steps said, its last answer and who asked', async () => {
  const first = await order()
  world.clock.ms += 1000
  const id = await order()
  const step = (status: 'running' | 'failed') =>
    world.store.append(id, {
      type: 'step',
      at: '2026-03-01T12:00:00Z',
      step: 'health',
      status,
      ...(status === 'failed' ? { message: 'not healthy', ms: 5 } : {}),
    })
  world.store.append(id, { type: 'started', at: '2026-03-01T12:00:00Z' })
  step('running')
  for (const message of ['503', '500']) {
    world.store.append(id, {
      type: 'progress',
      at: '2026-03-01T12:00:00Z',
      step: 'health',
      message,
    })
  }
  step('failed')
  const beginning = id.slice(0, -2)
  expect(await ask(`/show/${beginning}`)).toMatchObject({
    status: 200,
    body: {
      deployment: { id, app: 'api' },
      live: false,
      steps: [{ name: 'health', status: 'failed', ms: 5, message: 'not healthy' }],
      last_answer: '500',
      asked: { sender: { kind: 'socket' }, outcome: 'accepted', deployment: id },
      superseded: first,
    },
  })
  expect((await ask('/show/api')).body).toMatchObject({ deployment: { id } })
  expect((await ask(`/show/${first}`)).body).toMatchObject({
    superseded_by: id,
    asked: { deployment: first },
  })
})

test.for(['dep_none', 'x', "' OR 1", '%', '\u202e'])(
  'an id that there is not is answered with where to look: %s',
  async (id) => {
    await order()
    expect(await ask(`/show/${encodeURIComponent(id)}`)).toMatchObject({
      status: 404,
      body: { code: 'unknown_deployment', hint: 'deploy-receiver history <app> lists them' },
    })
  },
)

test('a beginning of several is refused with what it may stand for', async () => {
  const ids = [await order(), await order()]
  const { status, body } = await ask('/show/dep')
  expect([status, body['code']]).toEqual([409, 'ambiguous_deployment'])
  for (const id of ids) expect(body['detail']).toContain(id)
})
