import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SiteSettings } from '../../../../receiver/core/site.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { makePair } from '../../../support/certificates.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

/** Apps with what is said of their site; `nobody`: no server is there. */
const APPS: Record<string, Partial<SiteSettings> & { nobody?: true }> = {
  // pages, and a smaller answer, are nothing to its clients
  calls: { headers: { 'X-Mine': '1' }, gzip: true, errorPages: { 503: '/no/such/page.html' } },
  absent: { errorPages: { 503: '/no/such/page.html' } },
  down: { nobody: true },
  silent: { timeoutMs: 300 },
  small: { maxBody: '1k' },
  often: { rateLimit: { rate: '1r/m', burst: 0 } },
  closed: {},
}

let workspace: Workspace
let port: number
let slots: ReturnType<typeof createSlots>
const servers: Record<string, Http2Server & { port: number }> = {}
const sessions: ClientHttp2Session[] = []

beforeAll(async () => {
  workspace = openWorkspace()
  const nginx = await startNginx({ dir: workspace.folder('nginx') })
  port = await freePort()
  const plain = await freePort()
  slots = createSlots(workspace.folder('data'))
  slots.hear(true)
  const passwords = join(workspace.folder('passwords'), 'passwords')
  writeFileSync(passwords, 'alice:{PLAIN}open sesame\n', { mode: 0o644 })
  for (const name of ['blue', 'green']) servers[name] = await startServer(name)
  const pair = makePair(
    workspace.folder('pair'),
    Object.keys(APPS).map((name) => `${name}.test`),
  )
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { ...nginx, listen: [`127.0.0.1:${plain}`], listenTls: [`127.0.0.1:${port}`] },
    app: (name) => {
      const { nobody: _, ...site } = APPS[name] ?? {}
      const domains = [`${name}.test`]
      return {
        domains,
        pauses: false,
        site: {
          trustedProxies: [],
          protocol: 'grpc',
          ...site,
          ...(name === 'closed' ? { basicAuth: passwords } : {}),
        },
        tls: { pair: { ...pair, covers: domains, isFit: true } },
      }
    },
    flags: slots.flags,
    address: () => '127.0.0.1',
  })
  const nobody = await freePort()
  const at = (name: string) => ({ port: servers[name]?.port ?? 0, replicas: 1 })
  const upstreams = Object.entries(APPS).map(([name, { nobody: isDown }]) => {
    const none = { port: nobody, replicas: 1 }
    return [name, isDown ? { blue: none, green: none } : { blue: at('blue'), green: at('green') }]
  })
  await nginx.reloaded(() => sites.ensure(Object.fromEntries(upstreams)))
  for (const name of Object.keys(APPS)) if (name !== 'absent') slots.makeLive(name, 'blue')
})
afterAll(async () => {
  for (const session of sessions) session.destroy()
  for (const server of Object.values(servers)) server.close()
  await workspace.close()
})

/** Echoes each message with who it is; `/silent` says nothing, `/broken` is an error of its own. */
async function startServer(name: string) {
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    const type = { 'content-type': 'application/grpc' }
    if (headers[':path'] === '/silent') return
    if (headers[':path'] === '/broken') {
      stream.respond({ ':status': 200, ...type, 'grpc-status': 5 }, { endStream: true })
      return
    }
    stream.respond(
      { ':status': 200, ...type, 'x-mine': 'of the app', said: JSON.stringify(headers) },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0, by: name }))
    stream.on('data', (chunk: Buffer) => stream.write(`${name} ${chunk.toString()}`))
    stream.on('end', () => stream.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

function open(app: string): ClientHttp2Session {
  const createConnection = () =>
    connectTls({
      host: '127.0.0.1',
      port,
      servername: `${app}.test`,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    })
  const session = connect(`https://${app}.test`, { createConnection })
  session.on('error', () => {})
  sessions.push(session)
  return session
}

interface Called {
  status: number
  grpc: string | string[] | undefined
  body: string
  headers: IncomingHttpHeaders
  trailers: IncomingHttpHeaders
}

function begin(session: ClientHttp2Session, path = '/echo', more: Record<string, string> = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  })
  const ended = new Promise<Called>((resolve, reject) => {
    const called = { body: '', headers: {}, trailers: {} } as Called
    stream.on('response', (headers) => (called.headers = headers))
    stream.on('trailers', (trailers) => (called.trailers = trailers))
    stream.on('data', (chunk: Buffer) => (called.body += chunk.toString()))
    stream.once('error', reject)
    stream.once('close', () => {
      const { headers, trailers } = called
      const grpc = (trailers['grpc-status'] ?? headers['grpc-status']) as string | undefined
      resolve({ ...called, status: Number(headers[':status']), grpc })
    })
  })
  return { stream, ended }
}

function call(session: ClientHttp2Session, path?: string, more?: Record<string, string>) {
  const { stream, ended } = begin(session, path, more)
  stream.end('hello')
  return ended
}

test('a call gets to the app by HTTP/2, with who called, and its trailers come back', async () => {
  const forged = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.example' }
  const { status, grpc, body, headers, trailers } = await call(open('calls'), '/a.B/C', forged)
  expect({ status, grpc, body }).toEqual({ status: 200, grpc: '0', body: 'blue hello' })
  expect(trailers).toMatchObject({ by: 'blue' })
  expect(headers['x-mine']).toBe('1')
  const said = JSON.parse(String(headers['said'])) as IncomingHttpHeaders
  expect(said).toMatchObject({
    ':path': '/a.B/C',
    te: 'trailers',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
  })
  expect(said[':authority'] ?? said.host).toBe('calls.test')
  expect(said).not.toHaveProperty('x-forwarded-host')
})

test("the app's own error passes as it is", async () => {
  expect(await call(open('calls'), '/broken')).toMatchObject({ status: 200, grpc: '5' })
})

test('calls go to the live slot over swaps without a failed one, on connections that stay', async () => {
  const clients = [open('calls'), open('calls')]
  const seen = new Set<string>()
  let [called, stop] = [0, false]
  const running = clients.map(async (session) => {
    while (!stop) {
      const { grpc, body } = await call(session)
      seen.add(`${String(grpc)} ${body}`)
      called += 1
    }
  })
  for (let swap = 0; swap < 20; swap++) {
    const slot = swap % 2 === 0 ? 'green' : 'blue'
    const until = called + 20
    slots.makeLive('calls', slot)
    while (called < until) await new Promise((resolve) => setImmediate(resolve))
    expect((await call(clients[0] as ClientHttp2Session)).trailers).toMatchObject({ by: slot })
  }
  stop = true
  await Promise.all(running)
  expect([...seen].toSorted()).toEqual(['0 blue hello', '0 green hello'])
  expect(clients.some((session) => session.closed)).toBe(false)
})

test('a stream stays with its container over a swap, and each message passes as it comes', async () => {
  slots.makeLive('calls', 'blue')
  const { stream, ended } = begin(open('calls'))
  stream.write('one')
  expect(String((await once(stream, 'data'))[0])).toBe('blue one')
  slots.makeLive('calls', 'green')
  stream.write('two')
  expect(String((await once(stream, 'data'))[0])).toBe('blue two')
  stream.end()
  expect(await ended).toMatchObject({ grpc: '0', trailers: { by: 'blue' } })
})

describe('what Nginx itself answers is an answer of gRPC', () => {
  test.for<[string, string, Record<string, string>, string]>([
    ['nothing is deployed yet', 'absent', {}, '14'],
    ['nobody is there', 'down', {}, '14'],
    ['the app is silent', 'silent', { ':path': '/silent' }, '4'],
    ['a message is too large', 'small', { 'x-size': '2000' }, '8'],
    ['no password', 'closed', {}, '16'],
  ])('%s', async ([, app, { ':path': path, 'x-size': size }, grpc]) => {
    const { stream, ended } = begin(open(app), path)
    stream.end('x'.repeat(Number(size ?? 1)))
    const { status, headers, ...called } = await ended
    expect({ status, grpc: called.grpc }).toEqual({ status: 200, grpc })
    expect(headers).toMatchObject({ 'content-type': 'application/grpc' })
    expect(headers).toHaveProperty('grpc-message')
  })

  test('too many calls', async () => {
    const session = open('often')
    expect(await call(session)).toMatchObject({ status: 200, grpc: '0' })
    expect(await call(session)).toMatchObject({ status: 200, grpc: '14' })
  })

  test('who has the password gets in, and it stays at Nginx', async () => {
    const authorization = `Basic ${Buffer.from('alice:open sesame').toString('base64')}`
    const { grpc, headers } = await call(open('closed'), '/echo', { authorization })
    expect(grpc).toBe('0')
    expect(JSON.parse(String(headers['said']))).not.toHaveProperty('authorization')
  })
})
