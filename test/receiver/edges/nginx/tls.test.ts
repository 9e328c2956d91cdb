import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { Agent, request } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { ConfiguredSite } from '../../../../receiver/edges/nginx/app-sites.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { makePair } from '../../../support/certificates.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

const run = promisify(execFile)

let workspace: Workspace
let nginx: PrivateNginx
let ports: { plain: number; tls: number; balanced: number; balancedTls: number }
let app: Server & { port: number }
let pair: { certificate: string; key: string }
let webroot: string

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  const [plain, tls, balanced, balancedTls] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  ports = { plain, tls, balanced, balancedTls }
  app = await startApp()
  pair = makePair(workspace.folder('pair'), ['api.test', 'www.api.test', 'behind.test'])
  webroot = workspace.folder('acme')
  await show('api', { domains: ['api.test', 'www.api.test'], site: HSTS, tls: served() })
  await show('partly', { domains: ['api.partly.test', 'new.partly.test'], tls: partly() })
  await show('waits', { domains: ['waits.test'], tls: { webroot } })
  const include = join(workspace.folder('own'), 'closed')
  writeFileSync(include, 'deny all;\n')
  await show('closed', {
    domains: ['closed.test'],
    site: { trustedProxies: [], include },
    tls: { webroot },
  })
  await show('proxied', {
    domains: ['behind.test'],
    site: { trustedProxies: ['127.0.0.2/32'] },
    tls: served('behind.test'),
  })
})
afterAll(async () => {
  app.closeAllConnections()
  app.close()
  await workspace.close()
})

const HSTS = { trustedProxies: [], hsts: 'max-age=31536000; includeSubDomains' }

type Tls = NonNullable<ConfiguredSite['tls']>

const served = (...covers: string[]): Tls => ({
  webroot,
  pair: {
    ...pair,
    covers: covers.length === 0 ? ['api.test', 'www.api.test'] : covers,
    isFit: true,
  },
})

const partly = (): Tls => ({
  webroot,
  pair: {
    ...makePair(workspace.folder('partly'), ['api.partly.test']),
    covers: ['api.partly.test'],
    isFit: true,
  },
})

/** Says what it was asked, has an HSTS of its own, and answers WebSockets. */
async function startApp(): Promise<Server & { port: number }> {
  const server = createServer((incoming, response) => {
    response.setHeader('strict-transport-security', 'max-age=1')
    response.end(JSON.stringify(incoming.headers))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => socket.send(`heard ${message.toString()}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

const slots = () => createSlots(workspace.folder('data'))

interface Listening {
  listen: string[]
  listenTls: string[]
  proxyProtocol?: boolean
}

const sitesFor = (
  configured: Omit<ConfiguredSite, 'pauses'>,
  { listen, listenTls, proxyProtocol = false }: Listening = {
    listen: [`127.0.0.1:${ports.plain}`],
    listenTls: [`127.0.0.1:${ports.tls}`],
  },
) =>
  createSites({
    installation: INSTALLATION.id,
    nginx: { ...nginx, listen, listenTls, proxyProtocol },
    app: () => ({ pauses: false, ...configured }),
    flags: slots().flags,
    address: () => '127.0.0.1',
  })

async function show(name: string, ...args: Parameters<typeof sitesFor>) {
  const sites = sitesFor(...args)
  const slot = { port: app.port, replicas: 1 }
  const ensured = await sites.ensure({ [name]: { blue: slot, green: slot } })
  slots().makeLive(name, 'blue')
  return { sites, ensured, served: await sites.ask(name, new AbortController().signal) }
}

const fileOf = (name: string) =>
  readFileSync(join(nginx.directory, `deploy-receiver.${name}.conf`), 'utf8')

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

const get = (
  host: string,
  path = '/',
  { plain = false, from = '127.0.0.1', headers = {} } = {},
): Promise<Answer> => (plain ? curl(host, path, { from, headers }) : overTls(host, path))

const overTls = (host: string, path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: ports.tls,
      servername: host,
      path,
      headers: { host },
      agent: new Agent(),
      ca: [pair, { certificate: join(workspace.folder('partly'), 'fullchain.pem') }].map(
        ({ certificate }) => readFileSync(certificate),
      ),
    })
    outgoing.once('response', (incoming) => {
      text(incoming).then(
        (body) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
        reject,
      )
    })
    outgoing.once('error', reject)
    outgoing.end()
  })

async function curl(
  host: string,
  path: string,
  { from, headers }: { from: string; headers: Record<string, string> },
): Promise<Answer> {
  const more = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const { stdout } = await run('curl', [
    '-s',
    '-i',
    '--interface',
    from,
    '-H',
    `Host: ${host}`,
    ...more,
    `http://127.0.0.1:${ports.plain}${path}`,
  ])
  const [head = '', body = ''] = stdout.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const found = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(found) as IncomingHttpHeaders,
    body,
  }
}

const asked = ({ body }: Answer) => JSON.parse(body) as IncomingHttpHeaders

describe('a site with a certificate', () => {
  test('is served over TLS to each of its names, tells the app so, and is known by its https address', async () => {
    for (const name of ['api.test', 'www.api.test']) {
      const answer = await get(name)
      expect(answer.status).toBe(200)
      expect(asked(answer)).toMatchObject({ host: name, 'x-forwarded-proto': 'https' })
    }
    const { served: found, ensured } = await show('api', {
      domains: ['api.test', 'www.api.test'],
      site: HSTS,
      tls: served(),
    })
    expect(ensured.changed).toBe(false)
    expect(found).toEqual({ url: `https://api.test:${ports.tls}` })
  })

  test('sends plain HTTP there by 308, with path and query, and answers the CA', async () => {
    const there = await get('www.api.test', '/a%20b?c=d', { plain: true })
    expect(there.status).toBe(308)
    expect(there.headers.location).toBe(`https://www.api.test:${ports.tls}/a%20b?c=d`)
    expect(there.headers['strict-transport-security']).toBeUndefined()
    const challenges = join(webroot, '.well-known/acme-challenge')
    mkdirSync(challenges, { recursive: true })
    writeFileSync(join(challenges, 'token'), 'token.thumbprint')
    expect((await get('closed.test', '/', { plain: true })).status).toBe(403)
    const names = ['api.test', 'waits.test', 'closed.test', 'new.partly.test', 'behind.test']
    for (const name of names) {
      const at = (path: string) => get(name, `/.well-known/acme-challenge/${path}`, { plain: true })
      expect(await at('token')).toMatchObject({ status: 200, body: 'token.thumbprint' })
      expect(await at('other')).toMatchObject({ status: 404 })
    }
  })

  test('has its own HSTS in every answer, and none of the app', async () => {
    const { hsts } = HSTS
    expect((await get('api.test')).headers['strict-transport-security']).toBe(hsts)
    const path = /location = (\S+served\S+) /.exec(fileOf('api'))?.[1]
    expect((await get('api.test', path)).headers['strict-transport-security']).toBe(hsts)
    slots().clear('api')
    const absent = await get('api.test')
    slots().makeLive('api', 'blue')
    expect(absent).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(absent.headers['strict-transport-security']).toBe(hsts)
  })

  test('has HTTP/2, and WebSockets beside it that stay over a swap', async () => {
    const session = connectHttp2(`https://127.0.0.1:${ports.tls}`, {
      servername: 'api.test',
      ca: readFileSync(pair.certificate),
    })
    const stream = session.request({ ':path': '/', ':authority': 'api.test' })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(headers[':status']).toBe(200)
    expect(JSON.parse(await text(stream))).toMatchObject({ host: 'api.test' })
    session.destroy()
    const options = {
      headers: { host: 'api.test' },
      servername: 'api.test',
      ca: readFileSync(pair.certificate),
    }
    const socket = new WebSocket(`wss://127.0.0.1:${ports.tls}/`, options)
    await once(socket, 'open')
    slots().makeLive('api', 'green')
    socket.send('me')
    const [message] = (await once(socket, 'message')) as [Buffer]
    expect(String(message)).toBe('heard me')
    socket.terminate()
  })

  test.for([
    ['-tls1', false],
    ['-tls1_1', false],
    ['-tls1_2', true],
    ['-tls1_3', true],
  ] as const)('of protocols %s is %s', async ([version, isSpoken]) => {
    expect(await isAgreed([version, '-cipher', 'ALL:@SECLEVEL=0'])).toBe(isSpoken)
  })

  test.for([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['ECDHE-ECDSA-CHACHA20-POLY1305', true],
    ['ECDHE-ECDSA-AES128-SHA', false],
    ['ECDHE-ECDSA-AES256-SHA384', false],
    ['ECDHE-ECDSA-AES128-CCM', false],
    ['aNULL', false],
  ] as const)('of ciphers %s is %s', async ([cipher, isTaken]) => {
    expect(await isAgreed(['-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`])).toBe(isTaken)
  })

  test('sends no visitor of a trusted proxy round in a circle, and believes nobody else', async () => {
    const headers = { 'X-Forwarded-Proto': 'https' }
    const told = await get('behind.test', '/', { plain: true, from: '127.0.0.2', headers })
    expect(told.status).toBe(200)
    expect(asked(told)).toMatchObject({ 'x-forwarded-proto': 'https' })
    const plain = await get('behind.test', '/', { plain: true, from: '127.0.0.2' })
    expect(plain.status).toBe(308)
    expect((await get('behind.test', '/', { plain: true, headers })).status).toBe(308)
  })
})

/** Whether a client with these options comes to terms with Nginx. */
async function isAgreed(options: readonly string[]): Promise<boolean> {
  const where = ['-connect', `127.0.0.1:${ports.tls}`, '-servername', 'api.test']
  const asking = run('openssl', ['s_client', ...where, ...options])
  asking.child.stdin?.end()
  const { stdout } = await asking.catch((error: unknown) => error as { stdout: string })
  return stdout.includes('Verify return code') && !stdout.includes('Cipher is (NONE)')
}

describe('without a certificate', () => {
  test('a site stays with plain HTTP, where a CA is answered', async () => {
    expect((await get('waits.test', '/', { plain: true })).status).toBe(200)
    expect(fileOf('waits')).not.toContain('ssl')
  })

  test('so does a name that the certificate of its site is not for', async () => {
    expect((await get('api.partly.test')).status).toBe(200)
    expect((await get('api.partly.test', '/', { plain: true })).status).toBe(308)
    expect((await get('new.partly.test', '/', { plain: true })).status).toBe(200)
  })

  test('one that is not as it has to be is not taken, but stays where visitors have it', async () => {
    const unfit = (tls: Tls, change: object = {}): Tls =>
      tls.pair === undefined ? {} : { ...tls, pair: { ...tls.pair, isFit: false, ...change } }
    await show('late', { domains: ['late.test'], tls: unfit(served('late.test')) })
    expect(fileOf('late')).not.toContain('ssl_certificate')
    const shown = { domains: ['api.test', 'www.api.test'], site: HSTS }
    for (const change of [{}, { covers: [] }]) {
      const { ensured } = await show('api', { ...shown, tls: unfit(served(), change) })
      expect(ensured.changed).toBe(false)
    }
    expect((await get('api.test')).status).toBe(200)
  })
})

test('behind a balancer that speaks the PROXY protocol the visitor is the one that it names, and his own headers are his own words', async () => {
  const there = {
    listen: [`127.0.0.1:${ports.balanced}`],
    listenTls: [`127.0.0.1:${ports.balancedTls}`],
    proxyProtocol: true,
  }
  const site = { trustedProxies: ['127.0.0.1/32'] }
  const { served: found } = await show('balanced', { domains: ['balanced.test'], site }, there)
  expect(found).toEqual({ url: `http://balanced.test:${ports.balanced}` })
  const socket = connect(ports.balanced, '127.0.0.1')
  socket.write(
    `PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\nGET / HTTP/1.0\r\nHost: balanced.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n\r\n`,
  )
  const [, body = ''] = (await text(socket)).split('\r\n\r\n')
  const headers = JSON.parse(body) as IncomingHttpHeaders
  expect(headers).toMatchObject({ 'x-real-ip': '203.0.113.7', 'x-forwarded-proto': 'http' })
  expect(headers['x-forwarded-host']).toBeUndefined()
})
