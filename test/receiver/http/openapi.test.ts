import { Ajv2020 } from 'ajv/dist/2020.js'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAdmin } from '../../../receiver/http/admin/admin.ts'
import { describe as describeApi } from '../../../receiver/http/openapi/openapi.ts'
import { OPERATIONS } from '../../../receiver/http/openapi/operations.ts'
import { type SchemaName, SCHEMAS } from '../../../receiver/http/openapi/schemas.ts'
import { type HttpWorld, startHttpWorld } from '../../support/http-world.ts'
import { post, webhook } from './hooks/signed-hooks.ts'

/** What the operator's commands ask over the local socket: it changes with them. */
const LEFT_OUT = [
  'DELETE /apps/:app',
  'GET /apps/:app/logs',
  'GET /apps/:app/maintenance',
  'GET /apps/:app/plan',
  'GET /apps/:app/tags',
  'GET /audit',
  'GET /certificates',
  'GET /doctor',
  'GET /drain',
  'GET /fleet',
  'GET /notify',
  'GET /overview',
  'GET /show/:deployment',
  'GET /store',
  'POST /apps/:app/maintenance',
  'POST /apps/:app/restart',
  'POST /apps/:app/start',
  'POST /apps/:app/stop',
  'POST /apps/:app/test-hook',
  'POST /certificates/look',
  'POST /drain',
  'POST /login-links',
  'POST /notify/test',
  'POST /reload',
]
/** For browsers. */
const isOfPage = (route: string) => / \/(?:page(?:\/|$)|$)/.test(route)

let world: HttpWorld
let api: ReturnType<typeof describeApi>
beforeAll(async () => {
  world = await startHttpWorld()
  world.services.traffic = () => ({
    minute: { requests: 3, clientErrors: 1, serverErrors: 0, p50: 0.01, p95: 0.02 },
    total: { '1xx': 0, '2xx': 2, '3xx': 0, '4xx': 1, '5xx': 0 },
    swap: {
      deployment: 'd1',
      at: '2026-03-01T12:00:00.000Z',
      requests: 1,
      clientErrors: 0,
      serverErrors: 0,
    },
  })
  api = (await (await world.app.request('/openapi.json')).json()) as typeof api
})
afterAll(() => world.stop())

const routesOf = (app: { routes: { method: string; path: string }[] }) =>
  new Set(app.routes.flatMap(({ method, path }) => (method === 'ALL' ? [] : [`${method} ${path}`])))

/** By what stands in the description, and nothing else of ours. */
const checkOf = (name: SchemaName) =>
  new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(
    api.components.schemas[name] as object,
  )

test('every route is described, or left out by name', () => {
  const all = new Set([world.app, world.local, world.admin].flatMap((app) => [...routesOf(app)]))
  const others = [...all].filter((route) => !isOfPage(route) && OPERATIONS[route] === undefined)
  expect(others.toSorted()).toStrictEqual(LEFT_OUT)
  expect([...routesOf(createAdmin(world.services))].toSorted()).toStrictEqual(LEFT_OUT)
  expect(Object.keys(OPERATIONS).filter((route) => !all.has(route))).toStrictEqual([])
  for (const route of Object.keys(OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ')
    expect(api.paths[path.replaceAll(/:([a-z]+)/g, '{$1}')]).toHaveProperty(method.toLowerCase())
  }
})

test('it is the same at each address, whoever asks, and all that it refers to is there', async () => {
  for (const each of [world.app, world.local, world.admin]) {
    const response = await each.request('/openapi.json', { headers: { host: 'x.test' } })
    expect(response.status).toBe(200)
    expect(await response.json()).toStrictEqual(api)
  }
  const references = JSON.stringify(api.paths).matchAll(/#\/components\/schemas\/(\w+)/g)
  for (const [, name = ''] of references) expect(api.components.schemas).toHaveProperty(name)
  expect(api.servers).toStrictEqual([{ url: world.services.url }])
})

describe('what is really answered is as described:', () => {
  const body = '{"image":"ghcr.io/acme/api:1.4.2","source":{"actor":"octocat"}}'
  const local = async (path: string) => (await world.local.request(path)).json()
  const hook = async (text: string) =>
    (await (await post(world, text, { headers: webhook(world, text) })).json()) as {
      deployment: { id: string }
    }

  test.each<[SchemaName, () => unknown]>([
    ['HookBody', () => JSON.parse(body) as unknown],
    ['Accepted', () => hook(body)],
    ['NotNew', () => hook('{"test":true}')],
    ['Apps', () => local('/apps')],
    ['App', () => local('/apps/api')],
    ['Deployments', () => local('/apps/api/deployments')],
    ['Deployment', async () => local(`/deployments/${(await hook('{}')).deployment.id}`)],
    ['Health', () => local('/healthz')],
    ['Problem', () => local('/apps/nope')],
    ['Problem', async () => (await world.app.request('/hooks/api', { method: 'POST' })).json()],
  ])('%s', async (name, answer) => {
    const said = await answer()
    const isRight = checkOf(name)
    expect(isRight(said), JSON.stringify(isRight.errors)).toBe(true)
    // and nothing stands in it that is described nowhere
    expect(v.parse(SCHEMAS[name], said)).toStrictEqual(said)
  })

  test('an event', async () => {
    const { deployment } = await hook('{"image":"ghcr.io/acme/api:2"}')
    const at = world.services.intake.now()
    world.store.append(deployment.id, { type: 'started', at })
    world.store.append(deployment.id, { type: 'step', at, step: 'pull', status: 'failed', ms: 3 })
    const error = { code: 'pull_failed', message: 'no' }
    world.store.append(deployment.id, { type: 'finished', at, status: 'failed', error })
    const text = await (await world.local.request(`/deployments/${deployment.id}/events`)).text()
    const events = text
      .matchAll(/^data: (.*)$/gm)
      .map(([, data = '']) => JSON.parse(data) as object)
    const isRight = checkOf('DeploymentEvent')
    expect([...events].map((event) => isRight(event))).toStrictEqual([true, true, true])
  })
})

test('what is not so described is refused', async () => {
  const isBody = checkOf('HookBody')
  const wrong = [{ image: '' }, { image: 3 }, { source: { sha: 1 } }, { test: 'yes' }, []]
  for (const each of wrong) {
    expect(isBody(each)).toBe(false)
    const text = JSON.stringify(each)
    expect((await post(world, text, { headers: webhook(world, text) })).status).toBe(400)
  }
})
