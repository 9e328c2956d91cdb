import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { type HttpWorld, startHttpWorld } from '../../support/http-world.ts'
import { basic, post, webhook } from './hooks/signed-hooks.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const NGINX = 'a1b2c3d4'.repeat(4)
const idOf = (response: Response) => response.headers.get('x-request-id') ?? ''
const deploymentOf = async (response: Response) =>
  ((await response.json()) as { deployment: Deployment }).deployment

test('a hook has an id in its answer, the log, the audit trail, its deployment and its events', async () => {
  const response = await post(world, '{}', { headers: webhook(world, '{}') })
  const id = idOf(response)
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  const deployment = await deploymentOf(response)
  expect(deployment.request_id).toBe(id)
  expect(world.audit()).toMatchObject([{ request_id: id, deployment: deployment.id }])
  expect(world.logged).toStrictEqual([
    expect.stringMatching(`^info hook accepted .*"request_id":"${id}".*${deployment.id}`),
  ])

  const at = '2026-03-01T12:00:01.000Z'
  world.store.append(deployment.id, { type: 'started', at })
  world.store.append(deployment.id, { type: 'step', at, step: 'pull', status: 'running' })
  world.store.append(deployment.id, { type: 'finished', at, status: 'succeeded' })
  const events = await world.local.request(`/deployments/${deployment.id}/events`)
  const told = (await events.text()).split('\n').filter((line) => line.startsWith('data: '))
  expect(told).toHaveLength(3)
  expect(told.filter((line) => line.includes(`"request_id":"${id}"`))).toHaveLength(3)

  const shown = await world.local.request(`/show/${id}`)
  expect(await shown.json()).toMatchObject({
    deployment: { id: deployment.id, request_id: id },
    asked: { request_id: id },
  })
  expect((await world.local.request(`/show/${NGINX}`)).status).toBe(404)
})

test('a hook that comes again has an id of its own, and the deployment keeps the first', async () => {
  const headers = webhook(world, '{}')
  const [first, again] = [
    await post(world, '{}', { headers }),
    await post(world, '{}', { headers }),
  ]
  expect(idOf(again)).not.toBe(idOf(first))
  expect((await deploymentOf(again)).request_id).toBe(idOf(first))
  expect(world.logged.at(-1)).toMatch(`info hook repeated`)
  expect(world.logged.at(-1)).toMatch(`"request_id":"${idOf(again)}"`)
})

test('whoever is turned away is told it, and it leads to the reason in the log', async () => {
  const response = await post(world, '{}', { headers: basic('api', 'wrong') })
  expect(response.status).toBe(401)
  expect(world.logged).toStrictEqual([
    expect.stringMatching(`^warn hook rejected .*"request_id":"${idOf(response)}"`),
  ])
  // of those that are only counted, the line has the last one's
  const last = [
    await post(world, '{}', { headers: basic('api', 'wrong') }),
    await post(world, '{}', { headers: basic('api', 'wrong') }),
  ].at(-1)
  world.clock.ms += 60_000
  world.audit()
  expect(world.logged.at(-1)).toMatch(`"request_id":"${last && idOf(last)}","count":2`)
  expect(world.audit()).toMatchObject([{ request_id: idOf(response), count: 3 }])
})

test.for<[what: string, given: string, peer: string | undefined, isTaken: boolean]>([
  ['that of Nginx is taken', NGINX, '127.0.0.1', true],
  ['that of anybody else is not', NGINX, '192.0.2.9', false],
  ['nor one on the local socket', NGINX, undefined, false],
  ['nor what Nginx does not make', `${NGINX}0`, '127.0.0.1', false],
  ['nor a text', '\u001b[2J'.replace('\u001b', '%1b'), '127.0.0.1', false],
])('of ids that are sent, %s', async ([, given, peer, isTaken]) => {
  const app = peer === undefined ? world.local : world.app
  const response = await app.request(
    '/hooks/api',
    { method: 'POST', headers: { host: 'deploy.example.com', 'x-request-id': given } },
    { incoming: { socket: { remoteAddress: peer } } },
  )
  expect(idOf(response)).toMatch(/^[0-9a-f]{32}$/)
  expect(idOf(response) === given).toBe(isTaken)
})

test('what fails in the receiver is found in its log by the answer', async () => {
  world.services.doctor = () => Promise.reject(new Error('a defect'))
  const response = await world.local.request('/doctor')
  expect(response.status).toBe(500)
  expect(world.logged).toStrictEqual([
    expect.stringMatching(`^error a request failed .*"request_id":"${idOf(response)}"`),
  ])
})
