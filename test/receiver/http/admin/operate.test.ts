import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { DIGEST } from '../../../support/fake-world.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const post = async (path: string) => {
  const response = await world.local.request(path, { method: 'POST' })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
async function live(more: Partial<Deployment> = {}): Promise<string> {
  const { body } = await post('/hooks/api')
  const { id } = body['deployment'] as Deployment
  const at = '2026-03-01T12:00:00Z'
  if (more.settings_of !== undefined)
    world.store.add({ ...(world.store.get(id)?.deployment as Deployment), ...more, id: 'dep_back' })
  const one = more.settings_of === undefined ? id : 'dep_back'
  for (const each of new Set([id, one])) {
    world.store.append(each, { type: 'image', at, digest: DIGEST.one })
    world.store.append(each, { type: 'live', at }, { live: each === one })
    world.store.append(each, { type: 'finished', at, status: 'succeeded' })
  }
  return one
}

test('a restart is a deployment of what is live, by its digest and with its settings', async () => {
  await live({ settings_of: 'dep_old', release_settings: true })
  const { status, body } = await post('/apps/api/restart')
  expect(status).toBe(202)
  expect(body).toMatchObject({
    deployment: {
      action: 'redeploy',
      restart: true,
      status: 'queued',
      image: { tag: 'latest', digest: DIGEST.one },
      settings_of: 'dep_old',
      release_settings: true,
    },
    follow: { token: expect.any(String) },
  })
  expect(world.woken).toContain('api')
  expect(world.audit().at(-1)).toMatchObject({ request: 'restart', outcome: 'accepted' })
})

test('stop and start are noted, and answered when they are done', async () => {
  await live()
  const done: string[] = []
  world.services.operate = {
    stop: async ({ name }) => void done.push(`stop ${name}`),
    start: async ({ name }) => void done.push(`start ${name}`),
  }
  world.services.stoppedSince = () => (done.length === 1 ? '2026-03-01T12:00:00Z' : undefined)
  expect(await post('/apps/api/stop')).toEqual({
    status: 200,
    body: { app: 'api', stopped_since: '2026-03-01T12:00:00Z' },
  })
  expect(await post('/apps/api/start')).toMatchObject({ body: { stopped_since: null } })
  expect(done).toEqual(['stop api', 'start api'])
  expect(world.audit().slice(-2)).toMatchObject([{ request: 'stop' }, { request: 'start' }])
  world.services.operate.stop = () =>
    Promise.reject(new DeployError('timed_out', 'api does not stop', { hint: 'look' }))
  expect(await post('/apps/api/stop')).toMatchObject({ status: 503, body: { hint: 'look' } })
})

test('what waits for its data is started when that is there, or when somebody says so', async () => {
  await live()
  const started: string[] = []
  world.services.operate = {
    stop: async () => {},
    start: async ({ name }) => void started.push(name),
  }
  world.services.lookForData = () =>
    Promise.reject(new DeployError('awaits_data', 'api-data is not there', { hint: 'bring it' }))
  expect(await post('/apps/api/start')).toMatchObject({
    status: 409,
    body: { code: 'awaits_data', hint: 'bring it' },
  })
  expect(started).toEqual([])
  expect(await post('/apps/api/start?without_data=true')).toMatchObject({ status: 200 })
  expect(started).toEqual(['api'])
})

test.for(['restart', 'stop', 'start'])(
  '%s needs something that is live, and nothing beside',
  async (what) => {
    expect(await post(`/apps/none/${what}`)).toMatchObject({ status: 404 })
    expect(await post(`/apps/api/${what}`)).toMatchObject({
      status: 409,
      body: { code: 'not_running', hint: 'deploy it first: deploy-receiver deploy api' },
    })
    await live()
    await post('/hooks/api')
    expect(await post(`/apps/api/${what}`)).toMatchObject({
      status: 409,
      body: { code: 'under_way' },
    })
  },
)
