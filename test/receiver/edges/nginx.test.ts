import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Slot } from '../../../receiver/core/slots/container.ts'
import { sumsOf, withHead } from '../../../receiver/edges/nginx/mark.ts'
import { render } from '../../../receiver/edges/nginx/render/render.ts'
import { createSites } from '../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { type PrivateNginx, startNginx } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'
import { INSTALLATION } from '../../support/home.ts'

let workspace: Workspace
let nginx: PrivateNginx
let listen: number
let data: string
let seen: {
  slot: Slot
  url: string
  bytes: number
  sha: string
  headers: NodeJS.Dict<string | string[]>
}[]

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  listen = await freePort()
  data = workspace.folder('data')
})
afterAll(() => workspace.close())
beforeEach(() => {
  seen = []
})

/** What stands in a slot: answers with its name, at /events with a stream, upgrades WebSockets. */
async function upstream(slot: Slot): Promise<Server & { port: number }> {
  const server = createServer((incoming, response) => {
    buffer(incoming).then(
      (body) => answer(incoming, response, body),
      () => response.destroy(),
    )
  })
  const answer = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const { url = '', headers } = incoming
    const sha = createHash('sha256').update(body).digest('hex')
    seen.push({ slot, url, bytes: body.length, sha, headers })
    if (url === '/broken') response.writeHead(502).end('my own 502')
    else if (url === '/cut') incoming.socket.destroy()
    else if (url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
    } else response.end(slot)
  }
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => socket.send(`${slot} ${message.toString()}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

const closed = (server: Server) => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

async function site(app: string, blue: { port: number }, green: { port: number }, pauses = false) {
  const slots = createSlots(data)
  slots.hear(true)
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { ...nginx, listen: [`127.0.0.1:${listen}`] },
    app: () => ({ domains: [`${app}.test`], pauses }),
    flags: slots.flags,
    address: () => '127.0.0.1',
  })
  await nginx.reloaded(() => sites.ensure({ [app]: upstreams(blue.port, green.port) }))
  // those that are idle are closed by the workers from before, which may be at this very moment
  for (const each of Object.values(agent.freeSockets).flat()) each?.destroy()
  return { slots, sites }
}

const upstreams = (blue: number, green: number) => ({
  blue: { port: blue, replicas: 1 },
  green: { port: green, replicas: 1 },
})

interface Answer {
  status: number
  body: string
  headers: NodeJS.Dict<string | string[]>
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

function send(
  app: string,
  path: string,
  options: { method?: string; body?: AsyncIterable<Buffer> | string; agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: listen,
        path,
        method: options.method ?? 'GET',
        headers: { host: `${app}.test` },
        // a connection that is kept may be closed by a reload of Nginx in this very moment
        agent: options.agent ?? false,
      },
      (response) => {
        const { statusCode: status = 0, headers } = response
        text(response).then((body) => resolve({ status, body, headers }), reject)
      },
    )
    sent.once('error', reject)
    void (async () => {
      if (typeof options.body === 'string') sent.write(options.body)
      else for await (const chunk of options.body ?? []) sent.write(chunk)
      sent.end()
    })()
  })
}

const get = (app: string, path: string) => send(app, path)

describe('a site', () => {
  test('answers 503 with Retry-After before the first deployment, and the app afterwards', async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('fresh', blue, green)
    const before = await get('fresh', '/')
    expect(before).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(before.body).toContain('fresh is being deployed')
    slots.makeLive('fresh', 'blue')
    expect(await get('fresh', '/')).toMatchObject({ status: 200, body: 'blue' })
    await Promise.all([closed(blue), closed(green)])
  })

  test('says that it has these very lines before anything is live, while it is paused, and at no other address', async () => {
    const ports = { port: await freePort() }
    const { slots } = await site('told', ports, ports, true)
    const file = readFileSync(join(nginx.directory, 'deploy-receiver.told.conf'), 'utf8')
    const [, path = ''] = /location = (\/\.well-known\/\S+) /.exec(file) ?? []
    expect(path).toMatch(/^\/\.well-known\/deploy-receiver\/served\/[0-9a-f]{16}$/)
    expect(await get('told', path)).toMatchObject({ status: 200, body: 'told' })
    slots.makeLive('told', 'blue')
    slots.pause('told')
    expect(await get('told', path)).toMatchObject({ status: 200, body: 'told' })
    expect((await get('told', `${path.slice(0, -1)}x`)).status).not.toBe(200)
    const snippet = join(nginx.directory, '../deploy-receiver.d/told.slot')
    expect(readFileSync(snippet, 'utf8')).toContain(`location = ${path} {`)
    await site('told', ports, { port: await freePort() }, true)
    expect((await get('told', path)).status).not.toBe(200)
  })

  test('asks visitors of a recreated app to wait while it is paused', async () => {
    const blue = await upstream('blue')
    const { slots } = await site('alone', blue, blue, true)
    slots.makeLive('alone', 'blue')
    slots.pause('alone')
    expect(slots.paused('alone')).toBe(true)
    expect(await get('alone', '/')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    slots.unpause('alone')
    expect(await get('alone', '/')).toMatchObject({ status: 200 })
    await closed(blue)
  })

  test.for([
    ['one flag says it all', true],
    ['each flag is looked at', false],
  ] as const)(
    'swaps under keep-alive GET and POST without a failed request: %s',
    async ([, heard]) => {
      const [blue, green] = [await upstream('blue'), await upstream('green')]
      const { slots } = await site('load', blue, green)
      slots.hear(heard)
      slots.makeLive('load', 'blue')
      let asked = 0
      let stop = false
      const answers = new Map<string, number>()
      const client = async (method: 'GET' | 'POST') => {
        while (!stop) {
          const { status, body } = await send('load', '/', {
            method,
            agent,
            ...(method === 'POST' ? { body: 'x'.repeat(2000) } : {}),
          })
          asked += 1
          answers.set(`${status} ${body}`, (answers.get(`${status} ${body}`) ?? 0) + 1)
        }
      }
      const clients = [client('GET'), client('GET'), client('POST'), client('POST')]
      for (let swap = 0; swap < 40; swap++) {
        const slot = swap % 2 === 0 ? 'green' : 'blue'
        const until = asked + 25
        slots.makeLive('load', slot)
        while (asked < until) await new Promise((resolve) => setImmediate(resolve))
        expect((await get('load', '/')).body).toBe(slot)
      }
      stop = true
      await Promise.all(clients)
      expect([...answers.keys()].toSorted()).toEqual(['200 blue', '200 green'])
      expect(asked).toBeGreaterThan(1000)
      await Promise.all([closed(blue), closed(green)])
    },
  )

  test('a slow upload that began before a swap ends at the new slot, once and whole', async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('upload', blue, green)
    slots.makeLive('upload', 'blue')
    const half = Buffer.alloc(200_000, 'a')
    async function* body() {
      yield half
      // Nginx has chosen blue by now, as it does when it has the head of a request
      while ((await get('upload', '/')).body !== 'blue');
      slots.makeLive('upload', 'green')
      await closed(blue)
      yield half
    }
    const answer = await send('upload', '/upload', { method: 'POST', body: body() })
    expect(answer).toMatchObject({ status: 200, body: 'green' })
    const whole = createHash('sha256').update(half).update(half).digest('hex')
    expect(seen.filter(({ url }) => url === '/upload')).toMatchObject([
      { slot: 'green', bytes: 400_000, sha: whole },
    ])
    await closed(green)
  })

  test('a request that reached a container is never sent to another one', async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('once', blue, green)
    slots.makeLive('once', 'blue')
    blue.on('request', (incoming) => {
      if (incoming.url === '/cut') slots.makeLive('once', 'green')
    })
    const answer = await send('once', '/cut', { method: 'POST', body: 'pay' })
    expect(answer.status).toBe(502)
    expect(seen.filter(({ url }) => url === '/cut').map(({ slot }) => slot)).toEqual(['blue'])
    await Promise.all([closed(blue), closed(green)])
  })

  test("passes on the app's own errors, and who asked", async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('plain', blue, green)
    slots.makeLive('plain', 'green')
    expect(await get('plain', '/broken')).toMatchObject({ status: 502, body: 'my own 502' })
    expect(seen.at(-1)?.headers).toMatchObject({
      host: 'plain.test',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
    expect(seen.at(-1)?.headers['connection']).not.toBe('close')
    await Promise.all([closed(blue), closed(green)])
  })

  test('upgrades WebSockets, which stay with their container over a swap', async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('socket', blue, green)
    slots.makeLive('socket', 'blue')
    const socket = new WebSocket(`ws://127.0.0.1:${listen}/`, { headers: { host: 'socket.test' } })
    await once(socket, 'open')
    slots.makeLive('socket', 'green')
    socket.send('still there?')
    const [message] = (await once(socket, 'message')) as [Buffer]
    expect(String(message)).toBe('blue still there?')
    socket.terminate()
    await Promise.all([closed(blue), closed(green)])
  })

  test('passes events on as they come', async () => {
    const [blue, green] = [await upstream('blue'), await upstream('green')]
    const { slots } = await site('events', blue, green)
    slots.makeLive('events', 'blue')
    const stopped = new AbortController()
    const first = await new Promise<string>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: listen,
          path: '/events',
          headers: { host: 'events.test' },
          signal: stopped.signal,
        },
        (response) => {
          response.on('error', () => {})
          response.once('data', (chunk: Buffer) => resolve(String(chunk)))
        },
      )
      sent.once('error', reject)
      sent.end()
    })
    stopped.abort()
    expect(first).toBe('data: first\n\n')
    await Promise.all([closed(blue), closed(green)])
  })

  test('no request meets a connection that its server is about to close', async () => {
    // as one that closes after 2 s: whatever comes after so long on an idle connection meets its end
    const blue = createServer(
      (incoming, response) => void incoming.resume().on('end', () => response.end('blue')),
    )
    const idleSince = new WeakMap<Socket, number>()
    blue.on('request', ({ socket }, response) => {
      if (performance.now() - (idleSince.get(socket) ?? Infinity) > 1900) socket.destroy()
      response.once('finish', () => idleSince.set(socket, performance.now()))
    })
    blue.keepAliveTimeout = 60_000
    blue.listen(0, '127.0.0.1')
    await once(blue, 'listening')
    const { port } = blue.address() as AddressInfo
    const { slots } = await site('idle', { port }, { port })
    slots.makeLive('idle', 'blue')
    const post = () => send('idle', '/', { method: 'POST', body: 'pay' })
    for (let at = 0; at < 2; at++) {
      expect(await post()).toMatchObject({ status: 200 })
      // the time is what this is about
      await pause(3000)
    }
    expect(await post()).toMatchObject({ status: 200 })
    await closed(blue)
  })
})

describe('its file', () => {
  test('is left alone, and Nginx not reloaded, when nothing changed', async () => {
    const ports = { port: await freePort() }
    const { sites } = await site('same', ports, ports)
    const noReload = createSites({
      installation: INSTALLATION.id,
      nginx: { ...nginx, listen: [`127.0.0.1:${listen}`], test: 'false', reload: 'false' },
      app: () => ({ domains: ['same.test'], pauses: false }),
      flags: createSlots(data).flags,
      address: () => '127.0.0.1',
    })
    await noReload.ensure({ same: upstreams(ports.port, ports.port) })
    await sites.ensure({ same: upstreams(ports.port, ports.port) })
  })

  test('is put back when Nginx does not take it, with what Nginx said', async () => {
    const ports = { port: await freePort() }
    await site('kept', ports, ports)
    const file = join(nginx.directory, 'deploy-receiver.kept.conf')
    const before = readFileSync(file, 'utf8')
    const broken = join(nginx.directory, 'zz-broken.conf')
    writeFileSync(broken, 'nonsense;\n')
    const sites = createSites({
      installation: INSTALLATION.id,
      nginx: { ...nginx, listen: [`127.0.0.1:${listen}`] },
      app: (name) => ({ domains: [`${name}.other.test`], pauses: false }),
      flags: createSlots(data).flags,
      address: () => '127.0.0.1',
    })
    for (const app of ['kept', 'added']) {
      await expect(sites.ensure({ [app]: upstreams(1, 2) })).rejects.toMatchObject({
        code: 'nginx_failed',
        message: expect.stringMatching(/unknown directive "nonsense"/),
      })
    }
    writeFileSync(broken, '')
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(existsSync(join(nginx.directory, 'deploy-receiver.added.conf'))).toBe(false)
  })

  test('is not written for a program that is not there, which is named', async () => {
    const sites = createSites({
      installation: INSTALLATION.id,
      nginx: { ...nginx, listen: ['80'], test: 'no-such-nginx -t' },
      app: () => ({ domains: ['gone.test'], pauses: false }),
      flags: createSlots(data).flags,
      address: () => '127.0.0.1',
    })
    await expect(sites.ensure({ gone: upstreams(1, 2) })).rejects.toMatchObject({
      message: expect.stringContaining('no-such-nginx'),
      hint: expect.stringContaining('install Nginx'),
    })
  })

  const good = {
    app: 'api',
    domains: ['api.example.com'],
    listen: ['80'],
    upstreams: { blue: ['10.213.0.10:8000'], green: ['10.213.0.11:8000'] },
    flags: {
      green: '/data/slots/api/green',
      ready: '/data/slots/api/ready',
      paused: '/data/slots/api/paused',
    },
    pauses: true,
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
  }

  const TLS = { certificate: '/c.pem', key: '/k.pem', listen: ['443'] }

  test.for<[string, object]>([
    ['a domain', { domains: ['a; } server { listen 81'] }],
    ['a domain with a line break', { domains: ['a\n'] }],
    ['a name', { app: 'api_x' }],
    [
      'a path',
      { flags: { green: '/data/$host/green', ready: '/data/ready', paused: '/data/paused' } },
    ],
    ['an upstream', { upstreams: { blue: ['evil.example:80'], green: ['10.213.0.11:8000'] } }],
    ['a listen', { listen: ['80; include /etc/passwd'] }],
    ['a network', { trustedProxies: ['10.0.0.0/8; deny all'] }],
    ['a name that leads elsewhere', { redirectFrom: ['a; return 200'] }],
    ['a prefix', { strips: ['/a"; }'] }],
    ['a prefix that is a variable', { strips: ['/$uri'] }],
    ['a location', { blocks: [{ domains: ['a'], places: [{ path: '/a {', snippet: '/x' }] }] }],
    ['a snippet', { blocks: [{ domains: ['a'], places: [{ path: '/', snippet: '/x;' }] }] }],
    ['a domain of a block', { blocks: [{ domains: ['a#'], places: [] }] }],
    ['a network without its length', { trustedProxies: ['10.0.0.1'] }],
    ['the network of containers', { containers: '10.213.0.0/20 1; } server { }' }],
    ['the flag of maintenance', { maintenance: { flag: '/d/x) { return 200; } if (-f /e' } }],
    ['a certificate', { tls: { ...TLS, certificate: '/a.pem; } server { listen 81' } }],
    ['a certificate that is a variable', { tls: { ...TLS, certificate: '/$host.pem' } }],
    ['a key', { tls: { ...TLS, key: '/a"b' } }],
    ['an address of TLS', { tls: { ...TLS, listen: ['443 ssl; include /etc/passwd'] } }],
    ['a domain of a certificate', { tls: { ...TLS, domains: ['a b'] } }],
    ['a folder of challenges', { webroot: '/data/acme#' }],
    ['an HSTS', { hsts: 'max-age=1"; } } server { listen 81; #' }],
    ['an HSTS with a line break', { hsts: 'max-age=1\n' }],
    ['a size', { maxBody: '1m; } server {' }],
    ['a time', { timeoutMs: 1.5 }],
    ['a rate', { rateLimit: { rate: '1r/s; deny all', burst: 1 } }],
    ["a header's name", { headers: { 'X-A always; deny all; add_header X-B': '1' } }],
    ["a header's value with a line end", { headers: { 'X-A': '1\n' } }],
    ["a header's value that is not ASCII", { headers: { 'X-A': 'é' } }],
    ['a file of passwords', { basicAuth: '/etc/a; satisfy any' }],
    ['a file of passwords with a variable', { basicAuth: '/etc/$host' }],
    ['a file of directives', { include: '/etc/a.conf; } server { include /etc/b.conf' }],
    ['a status', { errorPages: { '502 /x; deny all; error_page 503': '/a.html' } }],
    ['a page', { errorPages: { 502: '/a.html; } location / { return 200' } }],
    ['a burst', { rateLimit: { rate: '1r/s', burst: '1 nodelay; deny all' } }],
  ])('holds nothing but what fits: %s', ([, change]) => {
    expect(() => render({ ...good, ...change })).toThrow(/cannot stand in an Nginx file/)
  })

  test('bears the same checksum of settings as before, where no more is said', async () => {
    const file = join(nginx.directory, 'deploy-receiver.plain-sum.conf')
    const port = await freePort()
    await site('plain-sum', { port }, { port })
    const {
      maintenance: _later,
      heard: _latest,
      drained: _newest,
      straight: _straight,
      ...flags
    } = createSlots(data).flags('plain-sum')
    const {
      app,
      upstreams: _,
      ...others
    } = {
      ...good,
      app: 'plain-sum',
      domains: ['plain-sum.test'],
      flags,
      listen: [`127.0.0.1:${listen}`],
      pauses: false,
      trustedProxies: [],
    }
    const at = [`127.0.0.1:${port}`]
    const ours = withHead('x', '', { app, upstreams: { blue: at, green: at }, ...others })
    expect(sumsOf(readFileSync(file, 'utf8'))?.settings).toBe(sumsOf(ours)?.settings)
  })

  test('has no server block without domains; the snippets choose the slot', () => {
    const { conf, slot, proxy } = render({ ...good, app: 'a-b', domains: [] })
    expect(conf).toContain('upstream a-b_blue')
    expect(conf).not.toContain('server {')
    for (const snippet of [slot, proxy]) {
      expect(snippet).toContain('set $deploy_a_b a-b_blue;')
    }
  })
})
