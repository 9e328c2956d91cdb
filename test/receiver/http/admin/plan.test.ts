import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AppSpec, settingsOf } from '../../../../receiver/core/app.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const TWO = `sha256:${'2'.repeat(64)}`

let world: HttpWorld
let tag: string | Error
beforeEach(async () => {
  tag = ONE
  world = await startHttpWorld({
    registry: () => {
      if (typeof tag === 'string') return tag
      throw tag
    },
  })
})
afterEach(() => world.stop())

const spec = () => {
  const app = world.services.apps.get('api')
  if (app === undefined) throw new Error('no app')
  return app
}
const configure = (change: (before: AppSpec) => Partial<AppSpec>) =>
  void Object.assign(spec(), { spec: { ...spec().spec, ...change(spec().spec) } })

const plan = async (query = '') => {
  const response = await world.local.request(`/apps/api/plan${query}`)
  return { status: response.status, body: await response.json() }
}

async function order(body: object): Promise<string> {
  const response = await world.local.request('/hooks/api', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return ((await response.json()) as { deployment: { id: string } }).deployment.id
}

async function deploy(image = `ghcr.io/acme/api:1.0@${ONE}`): Promise<string> {
  const id = await order({ image })
  const at = new Date(world.clock.ms).toISOString()
  world.store.append(id, { type: 'started', at }, { settings: settingsOf(spec().spec) })
  world.store.append(id, { type: 'live', at }, { live: true })
  world.store.append(id, { type: 'finished', at, status: 'succeeded' })
  return id
}

const STEPS = ['resolve', 'pull', 'start', 'health', 'swap', 'watch', 'drain', 'retire']

test('before the first deployment all is new', async () => {
  expect(await plan()).toStrictEqual({
    status: 200,
    body: {
      app: 'api',
      changes: true,
      image: { repository: 'ghcr.io/acme/api', tag: 'latest', digest: ONE },
      live: null,
      settings: null,
      steps: STEPS,
      nginx: 'untouched',
      pauses: false,
      running: null,
      superseded: [],
      on_hold: null,
      reload: { changes: [] },
    },
  })
})

test('nothing would change when image and settings are the live ones, and nothing was begun', async () => {
  const id = await deploy()
  const asked = world.audit().length
  expect((await plan()).body).toMatchObject({
    changes: false,
    live: { deployment: id, tag: '1.0', digest: ONE },
    settings: [],
  })
  expect([...world.store.recent('api')].map((each) => each.id)).toEqual([id])
  expect(world.audit()).toHaveLength(asked)
})

test('settings are compared with those of the live release, and no secret is told', async () => {
  configure(({ container, health }) => ({
    container: {
      ...container,
      environment: { LOG_LEVEL: 'info', TOKEN: 'hunter2-then', GONE: 'x', URL: 'a:hunter2-then@b' },
      secretEnvironment: ['TOKEN'],
    },
    health: { ...health, headers: { 'x-key': 'hunter2-then' }, secretHeaders: ['x-key'] },
  }))
  await deploy()
  configure(({ container, health }) => ({
    replicas: 2,
    release: { command: ['migrate'], timeoutMs: 1000 },
    strategy: 'recreate',
    container: {
      ...container,
      environment: { LOG_LEVEL: 'debug', TOKEN: 'hunter2-now', URL: 'a:hunter2-now@b', NEW: 'y' },
      memoryBytes: 1024,
    },
    health: { ...health, headers: { 'x-key': 'hunter2-now' } },
  }))
  const { body } = await plan(`?image=ghcr.io/acme/api@${TWO}`)
  expect(body).toMatchObject({
    changes: true,
    image: { digest: TWO },
    settings: [
      { setting: 'environment.GONE', change: 'removed', secret: false, from: '"x"' },
      { setting: 'environment.LOG_LEVEL', change: 'changed', from: '"info"', to: '"debug"' },
      { setting: 'environment.NEW', change: 'added', to: '"y"' },
      { setting: 'environment.TOKEN', change: 'changed', secret: true },
      { setting: 'environment.URL', change: 'changed', secret: true },
      { setting: 'health.headers.x-key', change: 'changed', secret: true },
      { setting: 'memory_bytes', change: 'added', to: '1024' },
      { setting: 'release.command', change: 'added', to: '["migrate"]' },
      { setting: 'release.timeout_ms', change: 'added', to: '1000' },
      { setting: 'replicas', change: 'changed', from: '1', to: '2' },
    ],
    steps: ['resolve', 'pull', 'release', ...STEPS.slice(2)],
    pauses: true,
  })
  expect(JSON.stringify(body)).not.toContain('hunter2')
})

test('what would be superseded, and what is on hold, is told', async () => {
  await deploy()
  await deploy(`ghcr.io/acme/api@${TWO}`)
  const waiting = await order({ rollback: 'previous' })
  expect((await plan(`?image=ghcr.io/acme/api@${TWO}`)).body).toMatchObject({
    superseded: [waiting],
    on_hold: { digest: TWO, deployment: waiting },
  })
})

test('what cannot be planned says why', async () => {
  tag = new DeployError('pull_failed', 'ghcr.io: there is no api:latest', { hint: 'push it' })
  expect(await plan()).toMatchObject({
    body: { code: 'registry_failed', detail: 'ghcr.io: there is no api:latest', hint: 'push it' },
  })
  expect(await plan('?image=evil/api')).toMatchObject({ body: { code: 'image_not_allowed' } })
  expect((await world.app.request('/apps/api/plan')).status).toBe(404)
})
