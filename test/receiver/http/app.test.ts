import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpWorld, startHttpWorld } from '../../support/http-world.ts'

let world: HttpWorld
beforeAll(async () => {
  world = await startHttpWorld()
})
afterAll(() => world.stop())

const ADDRESSES = ['app', 'local', 'admin'] as const

describe.each([
  // what           public  socket  admin
  ['GET /healthz', [200, 200, 200]],
  ['GET /apps', [401, 200, 401]],
  ['GET /apps/api', [401, 200, 401]],
  ['GET /apps/api/deployments', [401, 200, 401]],
  ['GET /deployments/x', [401, 404, 401]],
  ['GET /deployments/x/events', [401, 404, 401]],
  ['GET /metrics', [404, 200, 401]],
  ['GET /openapi.json', [200, 200, 200]],
  ['POST /hooks/api', [401, 202, 404]],
  ['POST /docker/hook', [401, 404, 404]],
  ['GET /hooks/api', [405, 405, 404]],
  ['GET /docker/hook', [405, 405, 404]],
  ['GET /audit', [404, 200, 404]],
  ['GET /doctor', [404, 200, 404]],
  ['GET /apps/api/tags', [404, 200, 404]],
  ['POST /reload', [404, 200, 404]],
  ['DELETE /apps/api', [404, 409, 404]],
  ['GET /', [404, 404, 302]],
] as const)('%s without credentials', (what, statuses) => {
  const [method, path] = what.split(' ') as [string, string]

  test.for(ADDRESSES.map((address, index) => [address, statuses[index] ?? 0] as const))(
    'at %s is %i',
    async ([address, status]) => {
      const headers = { host: 'deploy.example.com' }
      expect((await world[address].request(path, { method, headers })).status).toBe(status)
    },
  )
})

const HOSTS = { app: 'deploy.example.com', admin: 'localhost:9081' }

test.each(['app', 'admin'] as const)('a read token reads at %s', async (address) => {
  const headers = { host: HOSTS[address], authorization: `Bearer ${world.readToken}` }
  for (const path of ['/apps', '/apps/api', '/apps/api/deployments']) {
    expect((await world[address].request(path, { headers })).status).toBe(200)
  }
  expect((await world[address].request('/deployments/x', { headers })).status).toBe(404)
  const metrics = await world[address].request('/metrics', { headers })
  expect(metrics.status).toBe(address === 'admin' ? 200 : 404)
})

describe.each(['app', 'admin'] as const)('under another host at %s', (address) => {
  const request = (path: string, headers: Record<string, string>) =>
    world[address].request(path, {
      headers: { authorization: `Bearer ${world.readToken}`, ...headers },
    })

  test.each([
    '/apps',
    '/apps/api',
    '/apps/api/deployments',
    '/deployments/x',
    '/deployments/x/events',
  ])('a right token does not read %s', async (path) => {
    const response = await request(path, { host: 'evil.example' })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      code: 'token_rejected',
      detail: 'Host "evil.example" is not this receiver\'s',
      hint: expect.stringContaining('localhost'),
    })
  })

  test('nor with none, nor with one that goes on and on', async () => {
    expect((await request('/apps', {})).status).toBe(401)
    const response = await request('/apps', { host: 'x'.repeat(8000) })
    expect((await response.text()).length).toBeLessThan(1000)
  })

  test('a load balancer is told that the receiver is there', async () => {
    expect((await request('/healthz', { host: '10.0.0.7:9080' })).status).toBe(200)
  })
})

test('the local socket is asked under any host: no browser reaches it', async () => {
  const headers = { host: 'anything' }
  expect((await world.local.request('/apps', { headers })).status).toBe(200)
})

test.each(ADDRESSES)('every answer at %s is data and nothing else', async (address) => {
  for (const path of ['/healthz', '/apps', '/nothing', '/hooks/api']) {
    const { headers } = await world[address].request(path)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  }
})

test('/healthz says which version answers', async () => {
  expect(await (await world.app.request('/healthz')).json()).toStrictEqual({
    status: 'ok',
    version: '0.0.0',
  })
})

test('/healthz proves who answers, and says whether the host was its own', async () => {
  const question = 'a-question-that-nobody-has-asked'
  const asked = async (host: string, ask = question, address: keyof typeof world = 'app') =>
    (await world[address as 'app'].request(`/healthz?ask=${ask}`, { headers: { host } })).json()
  const proof = `proof of ${question}`
  expect(await asked('deploy.example.com')).toMatchObject({ host: 'own', proof })
  expect(await asked('other.example.com')).toMatchObject({ host: 'foreign', proof })
  expect(await asked('anything', question, 'local')).toMatchObject({ host: 'own', proof })
  for (const bad of ['', 'short', 'x'.repeat(65), '%00'.repeat(20)]) {
    expect(await asked('deploy.example.com', bad)).not.toHaveProperty('proof')
  }
})

test('what is not there is named', async () => {
  const response = await world.app.request('/hook/api', { method: 'POST' })
  expect(await response.json()).toMatchObject({
    code: 'not_found',
    detail: 'there is no POST /hook/api',
    hint: 'hooks are posted to /hooks/{app}',
  })
})
