import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdOff } from '../../../../../receiver/edges/nginx/render/maintenance.ts'
import { createSlots } from '../../../../../receiver/edges/slots.ts'
import { freePort } from '../../../../support/ports.ts'
import { openBehindNginx, startEcho } from '../behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []
const APPS = ['api', 'plain', 'own', 'other', 'never', 'lines'] as const

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
      lines: await pair('lines'),
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
  server_name own.test www.own.test;
  include ${snippets}/own.slot;
  include ${snippets}/other.slot;
  location /own/ { include ${snippets}/own.proxy; }
  location /other/ { include ${snippets}/other.proxy; }
}
server { listen 127.0.0.1:${port}; server_name lines.test; include ${snippets}/lines.slot; location / { proxy_pass http://$deploy_lines; } }
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
    const since = slots.maintenance('api') ?? ''
    expect(Math.abs(Date.parse(since) - before)).toBeLessThan(600_000)
    slots.setMaintenance('api', true)
    expect(slots.maintenance('api')).toBe(since)
  })
})

describe('what visitors get', () => {
  const seen = async (app: string) =>
    (await world.sites.visitorsGet(app)).map(({ at, status }) => [
      at.replace(`:${world.port}`, ''),
      status,
    ])

  test('is asked for where the app is: of a rendered site, of two names and of a path', async () => {
    expect(await seen('plain')).toEqual([['http://plain.test/', 200]])
    expect(await seen('never')).toEqual([['http://never.test/', 503]])
    for (const app of ['own', 'plain'] as const) world.slots.setMaintenance(app, true)
    expect(await seen('plain')).toEqual([['http://plain.test/', 503]])
    expect(await seen('own')).toEqual([
      ['http://own.test/own/', 503],
      ['http://www.own.test/own/', 503],
    ])
    expect(await seen('other')).toEqual([
      ['http://own.test/other/', 200],
      ['http://www.own.test/other/', 200],
    ])
  })

  test('tells of a file that somebody edited, or that is older than maintenance', async () => {
    const file = join(world.nginx.directory, 'deploy-receiver.plain.conf')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll(/^ *if \(-f \S*maintenance\) \{ set .*\n/gm, ''))
    await world.nginx.reloaded(world.nginx.check)
    world.slots.setMaintenance('plain', true)
    expect(await seen('plain')).toEqual([['http://plain.test/', 200]])
    writeFileSync(file, text)
    await world.nginx.reloaded(world.nginx.check)
    expect(await seen('plain')).toEqual([['http://plain.test/', 503]])
  })

  test('of a site of somebody’s own that passes requests on with lines of its own cannot be seen', async () => {
    expect(await seen('lines')).toEqual([])
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
