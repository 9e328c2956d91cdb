import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sumsOf, withHead } from '../../../../receiver/edges/nginx/mark.ts'
import { openBehindNginx, startEcho } from './behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []
const ask = (app: string) => world.sites.ask(app, AbortSignal.timeout(20_000))
const fileOf = (app: string) => join(world.nginx.directory, `deploy-receiver.${app}.conf`)
const read = (app: string) => readFileSync(fileOf(app), 'utf8')

const PROXY = '127.0.0.7'
/** At `d.test` there are several apps, at the others one each. */
const PLACES = {
  api: { domains: ['d.test', 'e.test'], paths: ['/api'], stripPrefix: true },
  web: { domains: ['d.test'], paths: ['/'], redirectFrom: ['www.d.test', '*.old.test'] },
  v1: { domains: ['d.test'], paths: ['/api/v1.0', '/v1'] },
  both: { domains: ['both.test'], paths: ['/', '/a', '/a/b'], stripPrefix: true },
  far: {
    domains: ['far.test'],
    paths: ['/far'],
    stripPrefix: true,
    redirectFrom: ['www.far.test'],
    site: { trustedProxies: [`${PROXY}/32`] },
  },
}
type App = keyof typeof PLACES
const at: Record<string, number> = {}
const upstreams = (app: string, port = at[app] ?? 0) => ({
  blue: { port, replicas: 1 },
  green: { port, replicas: 1 },
})

beforeAll(async () => {
  world = await openBehindNginx()
  for (const [app, place] of Object.entries(PLACES)) {
    const server = await startEcho(app)
    servers.push(server)
    at[app] = server.port
    world.slots.makeLive(app, 'blue')
    world.configured.set(app, { ...place, pauses: false })
  }
  await world.nginx.reloaded(() =>
    world.sites.ensure(Object.fromEntries(Object.keys(PLACES).map((app) => [app, upstreams(app)]))),
  )
})
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await world.close()
})

test.for<[string, string, App, string, string | undefined]>([
  ['d.test', '/', 'web', '/', undefined],
  ['d.test', '/apix', 'web', '/apix', undefined],
  ['d.test', '/API', 'web', '/API', undefined],
  ['d.test', '/api', 'api', '/', '/api'],
  ['d.test', '/api/', 'api', '/', '/api'],
  ['d.test', '/api?x=1', 'api', '/?x=1', '/api'],
  [
    'd.test',
    '/api/a%2Fb%20c;d=%3F/?q=%26&r=a b'.replace(' ', '+'),
    'api',
    '/a%2Fb%20c;d=%3F/?q=%26&r=a+b',
    '/api',
  ],
  ['d.test', '/api//x/../y', 'api', '//x/../y', '/api'],
  ['d.test', '/%61pi/a%20b?q=1', 'api', '/a%20b?q=1', '/api'],
  ['d.test', '/x/../api/y', 'api', '/y', '/api'],
  ['d.test', '/api/%0d%0aX-Evil:%20yes', 'api', '/%0d%0aX-Evil:%20yes', '/api'],
  ['d.test', '/%61pi/%0d%0aX-Evil:%20yes', 'api', '/%0D%0AX-Evil:%20yes', '/api'],
  ['d.test', '/api/v1.0', 'v1', '/api/v1.0', undefined],
  ['d.test', '/api/v1.0/a%2Fb?c', 'v1', '/api/v1.0/a%2Fb?c', undefined],
  ['d.test', '/api/v1x0/a', 'api', '/v1x0/a', '/api'],
  ['d.test', '/v1/x', 'v1', '/v1/x', undefined],
  ['e.test', '/api/x', 'api', '/x', '/api'],
  ['both.test', '/c/%2F', 'both', '/c/%2F', undefined],
  ['both.test', '/a/c', 'both', '/c', '/a'],
  ['both.test', '/a/b/c', 'both', '/c', '/a/b'],
  ['both.test', '/a/bc', 'both', '/bc', '/a'],
])('%s%s comes to %s as %s', async ([host, path, name, url, prefix]) => {
  const { status, asked } = await world.send(host, path, {
    headers: { 'x-forwarded-prefix': '/evil' },
  })
  expect({ status, name: asked.name, url: asked.url }).toEqual({ status: 200, name, url })
  expect(asked.headers['x-forwarded-prefix']).toBe(prefix)
  expect(asked.headers['x-evil']).toBeUndefined()
})

test('what no app has is not found', async () => {
  for (const path of ['/', '/apix', '/v1']) {
    expect(await world.send('e.test', path)).toMatchObject({ status: 404 })
  }
})

test('what a trusted proxy took off stands before what was taken off here', async () => {
  const headers = { 'x-forwarded-prefix': '/outer' }
  const from = (address: string) => world.send('far.test', '/far/x', { from: address, headers })
  expect((await from(PROXY)).asked.headers['x-forwarded-prefix']).toBe('/outer/far')
  expect((await from('127.0.0.1')).asked.headers['x-forwarded-prefix']).toBe('/far')
})

test('each app is proved at each of its names, and its url has its path', async () => {
  const [{ url: web }, { url: api }, { url: v1 }] = [
    await ask('web'),
    await ask('api'),
    await ask('v1'),
  ]
  expect([web, api, v1]).toEqual([
    `http://d.test:${world.port}`,
    `http://d.test:${world.port}/api`,
    `http://d.test:${world.port}/api/v1.0`,
  ])
})

test.for([
  ['www.d.test', '/a%2Fb?c=d', '', 'http://d.test/a%2Fb?c=d'],
  ['any.old.test', '//evil.test/%0d%0a', '', 'http://d.test//evil.test/%0d%0a'],
  ['www.d.test', '/%20', ':8080', 'http://d.test:8080/%20'],
  ['www.far.test', '/', '', 'http://far.test/'],
] as const)('%s%s is led on', async ([name, path, port, location]) => {
  const answer = await world.send(`${name}${port}`, path, {
    method: 'POST',
    body: Buffer.from('x'),
  })
  expect({ status: answer.status, location: answer.headers.location }).toEqual({
    status: 308,
    location,
  })
})

test('a trusted proxy says by what scheme a visitor is led on', async () => {
  const headers = { 'x-forwarded-proto': 'https' }
  const from = (address: string) => world.send('www.far.test', '/x', { from: address, headers })
  expect((await from(PROXY)).headers.location).toBe('https://far.test/x')
  expect((await from('127.0.0.1')).headers.location).toBe('http://far.test/x')
})

test('a slow upload that a swap overtook comes to the other slot without the prefix, too', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as { port: number }
  gone.close()
  await once(gone, 'close')
  const one = { port, replicas: 1 }
  await world.nginx.reloaded(() => world.sites.ensure({ api: { ...upstreams('api'), blue: one } }))
  const answer = world.send('d.test', '/api/up%2Fload?x=1', {
    method: 'POST',
    body: (async function* () {
      yield Buffer.alloc(1000)
      // the request chose blue when its head was there
      await new Promise((resolve) => setTimeout(resolve, 300))
      world.slots.makeLive('api', 'green')
      yield Buffer.alloc(1000)
    })(),
  })
  const { status, asked } = await answer
  expect({ status, url: asked.url, prefix: asked.headers['x-forwarded-prefix'] }).toEqual({
    status: 200,
    url: '/up%2Fload?x=1',
    prefix: '/api',
  })
  world.slots.makeLive('api', 'blue')
  await world.nginx.reloaded(() => world.sites.ensure({ api: upstreams('api') }))
})

test('an app that says nothing of all this has the settings that it had', async () => {
  world.configured.set('plain', { domains: ['plain.test'], pauses: false })
  await world.nginx.reloaded(() => world.sites.ensure({ plain: upstreams('plain', 8000) }))
  const { green, ready, paused } = world.slots.flags('plain')
  const flags = { green, paused, ready }
  const settings = {
    app: 'plain',
    domains: ['plain.test'],
    flags,
    listen: [`127.0.0.1:${world.port}`],
    pauses: false,
    trustedProxies: [],
    upstreams: { blue: ['127.0.0.1:8000'], green: ['127.0.0.1:8000'] },
  }
  expect(sumsOf(read('plain'))?.settings).toBe(
    withHead('', '', settings).split(' of ')[1]?.slice(0, 64),
  )
})

describe('files', () => {
  test('of a neighbour are not written by a change of an app alone', async () => {
    const before = { web: read('web'), v1: read('v1'), api: read('api') }
    await world.nginx.reloaded(() =>
      world.sites.ensure({ api: { ...upstreams('api'), green: { port: 9, replicas: 1 } } }),
    )
    expect([read('web'), read('v1')]).toEqual([before.web, before.v1])
    expect(read('api')).not.toBe(before.api)
    expect(await ask('api')).not.toHaveProperty('warning')
    await world.nginx.reloaded(() => world.sites.ensure({ api: upstreams('api') }))
    expect(
      world.sites.edits(
        Object.fromEntries(Object.keys(PLACES).map((app) => [app, upstreams(app)])),
      ),
    ).toEqual([])
  })

  test('of the one who has the server block lose an app that leaves, before its own go', async () => {
    const left = world.configured.get('v1')
    world.configured.delete('v1')
    await world.nginx.reloaded(() =>
      world.sites.ensure({ api: upstreams('api'), web: upstreams('web') }),
    )
    expect(read('web')).not.toContain('/v1.slot')
    expect((await world.send('d.test', '/v1/x')).asked.name).toBe('web')
    await world.nginx.reloaded(() => world.sites.remove('v1'))
    expect((await world.send('d.test', '/api/x')).asked.name).toBe('api')
    world.configured.set('v1', left)
    await world.nginx.reloaded(() =>
      world.sites.ensure({ v1: upstreams('v1'), api: upstreams('api'), web: upstreams('web') }),
    )
    expect((await world.send('d.test', '/v1/x')).asked.name).toBe('v1')
  })

  test('of the next one have the server block when the one who had it leaves', async () => {
    const left = world.configured.get('web')
    world.configured.delete('web')
    await world.nginx.reloaded(() =>
      world.sites.ensure({ api: upstreams('api'), v1: upstreams('v1') }),
    )
    expect(read('api')).toContain('server_name d.test;')
    expect(read('web')).not.toContain('server_name d.test;')
    let said = ''
    await world.nginx.reloaded(async () => (said = await world.nginx.check()))
    expect(said).not.toContain('conflicting server name')
    expect((await world.send('d.test', '/api/x')).asked.name).toBe('api')
    expect(await world.send('d.test', '/')).toMatchObject({ status: 404 })
    expect([await ask('api'), await ask('v1')]).not.toContainEqual(
      expect.objectContaining({ warning: expect.anything() }),
    )
    await world.nginx.reloaded(() => world.sites.remove('web'))
    world.configured.set('web', left)
    await world.nginx.reloaded(() =>
      world.sites.ensure({ v1: upstreams('v1'), api: upstreams('api'), web: upstreams('web') }),
    )
    expect((await world.send('d.test', '/')).asked.name).toBe('web')
  })
})
