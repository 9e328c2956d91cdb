import type { Server } from 'node:http'
import { Agent } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdOff } from '../../../../../receiver/edges/nginx/render/maintenance.ts'
import { createSlots } from '../../../../../receiver/edges/slots.ts'
import { freePort } from '../../../../support/ports.ts'
import { openBehindNginx, startEcho } from '../behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []
const APPS = ['api', 'plain', 'own', 'other', 'never'] as const

beforeAll(async () => {
  world = await openBehindNginx()
  const { port, snippets, slots } = world
  const pair = async (app: string) => {
    const echoes = [await startEcho(`${app} blue`), await startEcho(`${app} green`)] as const
    servers.push(...echoes)
    return { blue: echoes[0], green: echoes[1] }
  }
  const nowhere = await freePort()
  await world.show(
    {
      api: {
        ...(await pair('api')),
        app: { domains: ['api.test'], pauses: true, health: { path: '/health.z?full=1' } },
      },
      plain: { ...(await pair('plain')), app: { domains: ['plain.test'], pauses: false } },
      own: {
        ...(await pair('own')),
        app: { domains: [], pauses: false, health: { path: '/own/healthz' } },
      },
      other: await pair('other'),
      never: {
        blue: { port: nowhere },
        green: { port: nowhere },
        app: { domains: ['never.test'], pauses: false },
      },
    },
    {
      'own.conf': `server {
  open_file_cache max=100 inactive=10m;
  open_file_cache_valid 10m;
  open_file_cache_errors on;
  listen 127.0.0.1:${port};
  server_name own.test;
  include ${snippets}/own.slot;
  include ${snippets}/other.slot;
  location /own/ { include ${snippets}/own.proxy; }
  location /other/ { include ${snippets}/other.proxy; }
}
`,
    },
  )
  for (const app of APPS) if (app !== 'never') slots.makeLive(app, 'blue')
})
beforeEach(() => {
  for (const app of APPS) world.slots.setMaintenance(app, false)
})
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await world.close()
})

const DOWN = {
  status: 503,
  headers: { 'retry-after': '60', 'cache-control': 'no-store', 'content-type': 'text/html' },
}

describe('maintenance', () => {
  test.each([
    ['api.test', '/', 'api'],
    ['api.test', '/health.z/more', 'api'],
    ['api.test', '/healthXz', 'api'],
    ['plain.test', '/health.z', 'plain'],
    ['own.test', '/own/a', 'own'],
    ['never.test', '/', 'never'],
  ] as const)(
    'is told to visitors of http://%s%s, from one request to the next',
    async (host, path, app) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const before = await world.send(host, path, { agent })
      for (const method of ['GET', 'POST']) {
        world.slots.setMaintenance(app, true)
        const body = method === 'POST' ? { body: Buffer.alloc(100_000, 'x') } : {}
        const answer = await world.send(host, path, { agent, method, ...body })
        expect(answer).toMatchObject(DOWN)
        expect(answer.body).toContain(`${app} is down for maintenance`)
        world.slots.setMaintenance(app, false)
        expect(await world.send(host, path, { agent, method, ...body })).toMatchObject({
          status: before.status,
        })
      }
      agent.destroy()
    },
  )

  test.each([
    ['api.test', '/health.z', 'api'],
    ['api.test', '/health.z?full=1', 'api'],
    ['api.test', '/.well-known/deploy-receiver/up', 'api'],
    ['own.test', '/own/healthz', 'own'],
    ['own.test', '/other/', 'own'],
    ['plain.test', '/', 'own'],
  ] as const)('leaves http://%s%s to the app', async (host, path, app) => {
    world.slots.setMaintenance(app, true)
    expect(await world.send(host, path)).toMatchObject({ status: 200, asked: { url: path } })
  })

  test('goes on over swaps and pauses, and is on for whoever looks after it was set', async () => {
    const { slots } = world
    const before = Date.now()
    slots.setMaintenance('api', true)
    for (const slot of ['green', 'blue'] as const) {
      slots.makeLive('api', slot)
      expect(await world.send('api.test', '/')).toMatchObject(DOWN)
      expect((await world.send('api.test', '/health.z')).asked.name).toBe(`api ${slot}`)
    }
    slots.pause('api')
    expect(await world.send('api.test', '/')).toMatchObject(DOWN)
    slots.unpause('api')
    const since = slots.maintenance('api') ?? 0
    expect(Math.abs(since - before)).toBeLessThan(600_000)
    slots.setMaintenance('api', true)
    expect(slots.maintenance('api')).toBe(since)
  })
})

test('the flag goes with its app', () => {
  const data = world.nginx.directory
  const slots = createSlots(data)
  slots.setMaintenance('api', true)
  expect(createSlots(data).maintenance('api')).toBeDefined()
  slots.clear('api')
  expect(createSlots(data).maintenance('api')).toBeUndefined()
})

test.each([
  ['/a"; return 200 x; #', ''],
  ['/$host', ''],
  ['/a b', ''],
  ['/(.*)', ''],
  ['/%2e', ''],
  ['/a-b_c.d~/', '/a-b_c\\.d~/\\z|'],
])('no health path gets into a pattern but what is plain: %s', (health, pattern) => {
  expect(holdOff({ maintenance: { flag: '/f', health } })).toContain(
    `~ "^(${pattern}/\\.well-known/deploy-receiver/)"`,
  )
})
