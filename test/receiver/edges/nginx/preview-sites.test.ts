import { existsSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { Agent } from 'node:http'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { readLine } from '../../../../receiver/edges/access-log.ts'
import type { ConfiguredSite } from '../../../../receiver/edges/nginx/app-sites.ts'
import { filesOf, previewsFileOf } from '../../../../receiver/edges/nginx/app-files.ts'
import { makePair } from '../../../support/certificates.ts'
import { closed, openBehindNginx, type Sending, startEcho } from './behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: (Server & { port: number })[] = []
const PASSWORD = { authorization: `Basic ${Buffer.from('ops:open sesame').toString('base64')}` }

const NOWHERE = { blue: { port: 9, replicas: 1 }, green: { port: 9, replicas: 1 } }

const echo = async (name: string) => {
  const server = await startEcho(name)
  servers.push(server)
  return server.port
}

beforeAll(async () => {
  world = await openBehindNginx(undefined, { hasTls: true })
  const passwords = join(world.nginx.directory, '../previews.htpasswd')
  writeFileSync(passwords, 'ops:{PLAIN}open sesame\n')
  const site = {
    trustedProxies: [],
    basicAuth: passwords,
    headers: { 'X-Robots-Tag': 'noindex' },
    maxBody: '1k',
    rateLimit: { rate: '100r/s', burst: 3 },
  }
  const parent = (name: string, ofPreviews: Partial<ConfiguredSite['ofPreviews']>) => ({
    domains: [`${name}.test`, `*.${name}.test`],
    pauses: false,
    ofPreviews: { domain: 'preview.test', site, ...ofPreviews },
  })
  const [blue, green] = [await echo('production blue'), await echo('production green')]
  const slots = { blue: { port: blue }, green: { port: green } }
  const unknown = `server { listen 127.0.0.1:${world.port} default_server; return 444; }`
  const apps = {
    // its own wildcard is for all names below `api.test`, those of previews among them
    api: { ...slots, app: parent('api', { domain: 'preview.api.test', isAlone: true }) },
    shop: { ...slots, app: parent('shop', {}) },
    desk: { ...slots, app: parent('desk', {}) },
  }
  await world.show(apps, { 'unknown.conf': unknown })
  for (const app of ['api', 'shop', 'desk']) world.slots.makeLive(app, 'blue')
})
afterAll(async () => {
  await world.close()
  await Promise.all(servers.map(closed))
})

const domainOf = (app: string) =>
  `${app}.${app.startsWith('api--') ? 'preview.api.test' : 'preview.test'}`
const ensure = async (app: string, blue: number, green = blue) => {
  const [previewOf = ''] = app.split('--')
  const { ofPreviews } = world.configured.get(previewOf) ?? {}
  world.configured.set(app, {
    domains: [domainOf(app)],
    pauses: false,
    isolated: true,
    previewOf,
    ...(ofPreviews && { site: ofPreviews.site }),
  })
  return world.sites.ensure({
    [app]: { blue: { port: blue, replicas: 1 }, green: { port: green, replicas: 1 } },
  })
}
const remove = async (app: string) => {
  world.configured.delete(app)
  const was = await world.sites.remove(app)
  world.slots.clear(app)
  return was
}
const visit = (app: string, options: Sending & { path?: string } = {}) =>
  world.send(domainOf(app), options.path ?? '/', {
    ...options,
    headers: { ...PASSWORD, ...options.headers },
  })
const overTls = (host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port: world.tlsPort, servername: host, agent: false }
    request({ ...to, rejectUnauthorized: false, headers: { ...PASSWORD, host } }, (response) => {
      text(response).then(resolve, reject)
    })
      .once('error', reject)
      .end()
  })
const nobody = async (host: string) => {
  await expect(world.send(host, '/')).rejects.toThrow(/socket hang up|ECONNRESET/)
}

test('previews come, are updated and go, and Nginx has the workers that it had', async () => {
  const before = world.nginx.workers()
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  const production = async () => (await world.send('api.test', '/', { agent: kept })).asked.name
  expect(await production()).toBe('production blue')
  await nobody(domainOf('api--pr-1'))

  const [one, two] = [await echo('one'), await echo('two')]
  expect(await ensure('api--pr-1', one)).toEqual({ changed: false, warnings: [] })
  expect((await visit('api--pr-1')).status).toBe(503)
  world.slots.makeLive('api--pr-1', 'blue')
  expect((await visit('api--pr-1')).asked.name).toBe('one')

  expect(await ensure('api--pr-1', one, two)).toEqual({ changed: false, warnings: [] })
  expect((await visit('api--pr-1')).asked.name).toBe('one')
  world.slots.makeLive('api--pr-1', 'green')
  expect((await visit('api--pr-1')).asked.name).toBe('two')

  expect(await remove('api--pr-1')).toBe(true)
  expect(await remove('api--pr-1')).toBe(false)
  await nobody(domainOf('api--pr-1'))
  expect(existsSync(world.links.folder)).toBe(false)

  expect(await production()).toBe('production blue')
  expect(world.nginx.workers()).toEqual(before)
})

test('each has its name, its password, its headers, its limits and its errors', async () => {
  await ensure('api--pr-2', await echo('its own'))
  world.slots.makeLive('api--pr-2', 'blue')
  const { status, headers } = await world.send(domainOf('api--pr-2'), '/')
  expect([status, headers['www-authenticate'], headers['x-robots-tag']]).toEqual([
    401,
    'Basic realm="api--pr-2"',
    'noindex',
  ])
  const { asked, headers: answered } = await visit('api--pr-2', { path: '/a?b=%2F' })
  expect([asked.url, asked.headers['host'], asked.headers['authorization']]).toEqual([
    '/a?b=%2F',
    domainOf('api--pr-2'),
    undefined,
  ])
  expect(answered['x-robots-tag']).toBe('noindex')
  const large = { method: 'POST', body: Buffer.alloc(2000) }
  expect((await visit('api--pr-2', large)).status).toBe(413)
  expect((await visit('api--pr-2', { path: '/broken' })).status).toBe(503)
  const many = await Promise.all(
    Array.from({ length: 30 }, () => visit('api--pr-2', { from: '127.0.0.9' })),
  )
  expect(many.map((each) => each.status)).toContain(429)

  world.slots.setMaintenance('api--pr-2', true)
  const down = await visit('api--pr-2')
  expect([down.status, down.headers['retry-after']]).toEqual([503, '60'])
  expect(down.body).toContain('<p>api--pr-2 is down for maintenance')
  world.slots.setMaintenance('api--pr-2', false)
  world.slots.pause('api--pr-2')
  expect((await visit('api--pr-2')).body).toContain('api--pr-2 is being deployed')
  world.slots.unpause('api--pr-2')
  expect((await visit('api--pr-2')).status).toBe(200)
})

test('a WebSocket passes, and an upload that outlives its slot goes to the new one', async () => {
  const blue = await echo('old')
  const server = servers.at(-1) ?? expect.fail()
  const green = await echo('new')
  const sockets = new WebSocketServer({ server: servers.at(-1) ?? expect.fail() })
  sockets.on('connection', (socket) =>
    socket.on('message', (said: Buffer) => socket.send(`new ${said.toString()}`)),
  )
  await ensure('api--pr-3', blue, green)
  world.slots.makeLive('api--pr-3', 'blue')
  async function* slowly() {
    yield Buffer.from('first')
    await closed(server)
    world.slots.makeLive('api--pr-3', 'green')
    yield Buffer.from('second')
  }
  const { asked } = await visit('api--pr-3', { method: 'POST', body: slowly() })
  expect([asked.name, asked.bytes]).toEqual(['new', 11])

  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/`, {
    headers: { ...PASSWORD, host: domainOf('api--pr-3') },
  })
  const said = await new Promise((resolve, reject) => {
    socket.once('open', () => socket.send('hello'))
    socket.once('message', resolve)
    socket.once('error', reject)
  })
  expect(String(said)).toBe('new hello')
  socket.close()
})

test('Nginx is asked for each, and one that is not found is not served', async () => {
  await ensure('api--pr-4', await echo('four'))
  const { signal } = new AbortController()
  expect(await world.sites.ask('api--pr-4', signal)).toEqual({
    url: `http://${domainOf('api--pr-4')}:${world.port}`,
  })
  expect(await world.sites.look('api--pr-4')).toMatchObject({ url: expect.any(String) })
  expect(await world.sites.visitorsGet('api--pr-4')).toEqual([
    { at: `http://${domainOf('api--pr-4')}:${world.port}/`, status: 503 },
  ])
  world.links.remove('api--pr-4')
  await expect(world.sites.look('api--pr-4')).rejects.toMatchObject({ code: 'not_served' })
})

test('apps that share the domain of their previews do not meet', async () => {
  await ensure('shop--x', await echo('of the shop'))
  await ensure('desk--x', await echo('of the desk'))
  for (const app of ['shop--x', 'desk--x']) world.slots.makeLive(app, 'blue')
  expect((await visit('shop--x')).asked.name).toBe('of the shop')
  expect((await visit('desk--x')).asked.name).toBe('of the desk')
  await nobody('shop--y.preview.test')
  await nobody('else--x.preview.test')
})

test.each(['api--pr-2.preview.api.test.', 'API--PR-2.PREVIEW.API.TEST:80'])(
  '%s is the same name',
  async (host) => {
    expect((await world.send(host, '/', { headers: PASSWORD })).asked.name).toBe('its own')
  },
)

test.each([
  'x.api--pr-2.preview.api.test',
  'api--.preview.api.test',
  'api.preview.api.test',
  'api--..preview.api.test',
  'api--pr-2/../x.preview.api.test',
  'api--pr-2_blue.preview.api.test',
  'shop--x.preview.api.test',
  'production.preview.api.test',
])('%s is nobody, and gets what unknown names get', async (host) => {
  const said = await new Promise<string>((resolve) => {
    let all = ''
    const socket = connect(world.port, '127.0.0.1', () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    )
    socket.on('data', (part) => (all += part.toString()))
    socket.once('close', () => resolve(all))
  })
  expect(said === '' || said.startsWith('HTTP/1.1 400 ')).toBe(true)
})

test('previews that have sites of their own are taken over with one reload, production stays', async () => {
  const three = await echo('three')
  const { ofPreviews, ...alone } = world.configured.get('api') ?? expect.fail()
  world.configured.set('api', alone)
  await world.nginx.reloaded(() => ensure('api--pr-5', three))
  world.slots.makeLive('api--pr-5', 'blue')
  const own = filesOf(world.nginx.directory, 'api--pr-5')
  expect(own.every((file) => existsSync(file))).toBe(true)
  expect((await visit('api--pr-5')).asked.name).toBe('three')

  world.configured.set('api', { ...alone, ...(ofPreviews && { ofPreviews }) })
  await world.nginx.reloaded(() => ensure('api--pr-5', three))
  expect(own.some((file) => existsSync(file))).toBe(false)
  expect((await visit('api--pr-5')).asked.name).toBe('three')
  expect(await ensure('api--pr-5', three)).toMatchObject({ changed: false })

  const apart = { ...(ofPreviews ?? expect.fail()), areApart: true as const }
  world.configured.set('api', { ...alone, ofPreviews: apart })
  await world.nginx.reloaded(() => ensure('api--pr-5', three))
  expect(own.every((file) => existsSync(file))).toBe(true)
  expect(world.links.has('api--pr-5')).toBe(false)
  expect((await visit('api--pr-5')).asked.name).toBe('three')
})

test('their file goes with the app, or with what it says of previews', async () => {
  const file = previewsFileOf(world.nginx.directory, 'desk')
  expect(existsSync(file)).toBe(true)
  await world.nginx.reloaded(() => world.sites.remove('desk'))
  expect(existsSync(file)).toBe(false)
  await nobody(domainOf('desk--x'))
})

test('where another site has all their names, or might have, each has a site of its own', async () => {
  const own = join(world.nginx.directory, 'own.conf')
  const file = previewsFileOf(world.nginx.directory, 'shop')
  const say = (name: string) =>
    writeFileSync(
      own,
      `server { listen 127.0.0.1:${world.port}; server_name ${name}; return 404; }\n`,
    )
  const mine = await echo('its own site')
  await world.nginx.reloaded(() => world.sites.remove('shop'))
  // patterns, of apps that share a domain, come last of all
  say('*.test')
  await world.nginx.reloaded(() => ensure('shop--y', mine))
  world.slots.makeLive('shop--y', 'blue')
  expect(existsSync(file)).toBe(false)
  expect((await visit('shop--y')).asked.name).toBe('its own site')
  say('other.test')
  await world.nginx.reloaded(() => world.sites.ensure({ shop: NOWHERE }))
  expect(existsSync(file)).toBe(true)
  expect((await visit('shop--y')).asked.name).toBe('its own site')
  await world.nginx.reloaded(() => ensure('shop--y', mine))
  expect(existsSync(filesOf(world.nginx.directory, 'shop--y')[0])).toBe(false)
  expect((await visit('shop--y')).asked.name).toBe('its own site')
})

test('with a certificate for all of them a preview is met over TLS, and one more needs no reload', async () => {
  const folder = join(world.nginx.directory, '..')
  const files = makePair(folder, ['*.preview.api.test'])
  const { ofPreviews, ...alone } = world.configured.get('api') ?? expect.fail()
  const tls = { pair: { ...files, covers: ['*.preview.api.test'], isFit: true } }
  const { areApart: _, ...previews } = ofPreviews ?? expect.fail()
  world.configured.set('api', { ...alone, ofPreviews: { ...previews, tls } })
  await world.nginx.reloaded(() => world.sites.ensure({ api: NOWHERE }))
  const before = world.nginx.workers()
  await ensure('api--pr-6', await echo('six'))
  world.slots.makeLive('api--pr-6', 'blue')
  const host = domainOf('api--pr-6')
  const [plain, secure] = [await visit('api--pr-6'), await overTls(host)]
  expect([plain.status, plain.headers['location']]).toEqual([
    308,
    `https://${host}:${world.tlsPort}/`,
  ])
  expect(secure).toContain('"name":"six"')
  expect(await world.sites.ask('api--pr-6', new AbortController().signal)).toEqual({
    url: `https://${host}:${world.tlsPort}`,
  })
  await nobody(domainOf('api--pr-7'))
  await expect(overTls(domainOf('api--pr-7'))).rejects.toThrow()
  expect(world.nginx.workers()).toEqual(before)
})

test('what Nginx tells of a request to an address is counted for the preview', () => {
  const told = 'deploy_receiver: 10.213.16.2:8000 api--pr-1_green 200 0.003'
  expect(readLine(`<190>Nov 27 22:31:42 ${told}`)).toEqual({
    app: 'api--pr-1',
    status: 200,
    seconds: 0.003,
  })
})
