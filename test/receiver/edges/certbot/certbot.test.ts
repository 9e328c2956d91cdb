// @module-tag long
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { AppConfig, Config } from '../../../../receiver/config/config.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { createSites, type SiteFiles } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { makeWebroot } from '../../../../receiver/edges/certbot/obtain.ts'
import { siteTls } from '../../../../receiver/serve/site-tls.ts'
import { startCertificates } from '../../../../receiver/serve/keep-certificates.ts'
import { startRefusingCa } from '../../../support/acme-refusing.ts'
import { type AcmeServer, startAcme } from '../../../support/acme.ts'
import { ask } from '../../../support/ask.ts'
import { makePair } from '../../../support/certificates.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { waitFor } from '../../../support/processes.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

const run = promisify(execFile)

let workspace: Workspace
let nginx: PrivateNginx
let acme: AcmeServer
let app: Server
let ports: { plain: number; tls: number }
let config: Config
let sites: SiteFiles
let kept: ReturnType<typeof startCertificates>
const stop = new AbortController()
const logged: { message: string; hint?: string }[] = []
let database: ReturnType<typeof openDatabase>

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  ports = { plain: await freePort(), tls: await freePort() }
  acme = await startAcme({ dir: workspace.folder('acme'), httpPort: ports.plain })
  vi.stubEnv('REQUESTS_CA_BUNDLE', acme.env['REQUESTS_CA_BUNDLE'])
  app = await startApp()
  const data = workspace.folder('data')
  config = {
    file: join(workspace.dir, 'config.yaml'),
    data,
    url: 'https://deploy.test',
    nginx: { directory: nginx.directory, test: nginx.test, reload: nginx.reload },
    tls: {
      email: 'ops@example.com',
      server: acme.directory,
      directory: workspace.folder('letsencrypt'),
    },
    apps: {},
  } as unknown as Config
  makeWebroot(data)
  const slots = createSlots(data)
  sites = createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      listen: [`127.0.0.1:${ports.plain}`],
      listenTls: [`127.0.0.1:${ports.tls}`],
    },
    app(name) {
      const found = config.apps[name]
      if (found === undefined) return undefined
      const tls = siteTls(found, config)
      return { domains: found.domains, pauses: false, ...(tls === undefined ? {} : { tls }) }
    },
    flags: slots.flags,
    address: () => '127.0.0.1',
  })
  database = openDatabase(':memory:')
  const none = () => undefined
  const journal = { unfinished: () => [], live: none, next: none, settings: none }
  kept = startCertificates(() => config, {
    apps: { all: () => new Map(Object.entries(config.apps)) },
    sites,
    store: { database, journal, record: { upstreams }, previews: { get: none } },
    installation: INSTALLATION.id,
    clock: systemClock,
    log: (_level, message, details) => void logged.push({ message, ...details }),
    signal: stop.signal,
  })
})
afterAll(async () => {
  stop.abort(new Error('the tests are over'))
  await kept.ended
  vi.unstubAllEnvs()
  app.closeAllConnections()
  app.close()
  await acme.stop()
  await workspace.close()
})

const upstreams = () => {
  const slot = { port: (app.address() as AddressInfo).port, replicas: 1 }
  return { blue: slot, green: slot }
}

/** Answers with the scheme that it was told, and WebSockets with what they say. */
async function startApp(): Promise<Server> {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.end(incoming.headers['x-forwarded-proto']))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => socket.send(message))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Puts an app into the config, and Nginx, as a reload of the receiver does. */
async function configure(name: string, domains: readonly string[], more: Partial<AppConfig> = {}) {
  const made = {
    name,
    domains,
    http: true,
    port: 80,
    replicas: 1,
    paths: ['/'],
    redirectFrom: [],
    tls: { kind: 'acme' },
    ...more,
  }
  config = { ...config, apps: { ...config.apps, [name]: made as unknown as AppConfig } }
  await sites.ensure({ [name]: upstreams() })
  createSlots(config.data).makeLive(name, 'blue')
  await sites.ask(name, new AbortController().signal)
  kept.look()
}

async function forget(name: string) {
  config = {
    ...config,
    apps: Object.fromEntries(Object.entries(config.apps).filter(([each]) => each !== name)),
  }
  await sites.remove(name)
}

const lineage = (name: string) =>
  join(config.tls?.directory ?? '', 'live', `deploy-receiver.${name}`)
const leafOf = (name: string) => leafIn(readFileSync(join(lineage(name), 'cert.pem'), 'utf8'))
const leafIn = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, '')

/** What a visitor gets: the certificate that Nginx shows him. */
const served = (host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port: ports.tls,
      servername: host,
      rejectUnauthorized: false,
    }
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().raw.toString('base64'))
      socket.destroy()
    })
    socket.once('error', () => resolve(undefined))
  })

const untilServed = (host: string, name: string) =>
  waitFor(async () => (await served(host)) === leafOf(name), { what: `no certificate for ${host}` })

const plain = async (domain: string) =>
  (await ask({ port: ports.plain, domain }, { path: '/' })).status

const described = async (name: string) =>
  (await kept.describe()).find(({ what }) => what === `certificate of ${name}`)

const untilSaid = (name: string) =>
  waitFor(
    async () => {
      const found = await described(name)
      return found?.ok === false ? found : undefined
    },
    { what: `nothing is said of ${name}` },
  )

test('two lines of config are HTTPS: the app is served over HTTP until the CA has answered, and then over TLS', async () => {
  await configure('api', ['api.test', 'www.api.test'])
  await untilNames('api', ['api.test', 'www.api.test'])
  const found = await waitFor(
    async () => {
      const { url } = await sites.ask('api', new AbortController().signal)
      return url?.startsWith('https:') === true ? url : undefined
    },
    { what: 'no URL' },
  )
  expect(found).toBe(`https://api.test:${ports.tls}`)
  expect(await described('api')).toMatchObject({
    ok: true,
    message: expect.stringMatching(/^good for \d+ more days, until 20\d\d-/),
  })
  const { stdout } = await run('curl', [
    '-sk',
    '--http2',
    '-w',
    ' %{http_version}',
    ...at('api.test'),
  ])
  expect(stdout).toBe('https 2')
})

const at = (host: string) => [
  '--resolve',
  `${host}:${ports.tls}:127.0.0.1`,
  `https://${host}:${ports.tls}/`,
]

test("a renewal by Certbot's own timer is taken by its hook alone, under load and with a WebSocket that stays", async () => {
  const before = leafOf('api')
  const socket = new WebSocket(`wss://127.0.0.1:${ports.tls}/`, {
    headers: { host: 'api.test' },
    rejectUnauthorized: false,
  })
  await once(socket, 'open')
  const load = startLoad('api.test')
  await byHand(['renew', '--force-renewal', '--no-random-sleep-on-renew', '--quiet'])
  expect(leafOf('api')).not.toBe(before)
  await untilServed('api.test', 'api')
  // that the workers from before are told to end is when requests may fail
  const enough = load.asked() + 200
  await waitFor(() => load.asked() > enough, { what: 'no load' })
  const { answered, failed, lost } = await load.stop()
  expect(failed).toEqual([])
  expect(answered).toBeGreaterThan(200)
  // before Nginx 1.27.4 a worker that ends closes connections on which a request may be on its way: of two reloads at most
  expect(lost).toBeLessThanOrEqual(2 * CONNECTIONS)
  socket.send('still here')
  const [message] = (await once(socket, 'message')) as [Buffer]
  expect(String(message)).toBe('still here')
  socket.terminate()
})

const CONNECTIONS = 4

/** GETs on connections that are kept: those of which the connection was closed before an answer began are `lost`. */
function startLoad(host: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, rejectUnauthorized: false })
  const tally = { answered: 0, lost: 0, failed: [] as string[] }
  let isOver = false
  const once_ = () =>
    new Promise<void>((resolve) => {
      const outgoing = request(
        { host: '127.0.0.1', port: ports.tls, servername: host, headers: { host }, agent },
        (response) => {
          if (response.statusCode === 200) tally.answered += 1
          else tally.failed.push(`status ${response.statusCode}`)
          response.resume().once('close', resolve)
        },
      )
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        if (['ECONNRESET', 'EPIPE'].includes(error.code ?? '')) tally.lost += 1
        else tally.failed.push(error.message)
        resolve()
      })
      outgoing.end()
    })
  const client = async () => {
    while (!isOver) await once_()
  }
  const clients = Array.from({ length: CONNECTIONS }, client)
  return {
    asked: () => tally.answered,
    async stop() {
      isOver = true
      await Promise.all(clients)
      agent.destroy()
      return tally
    },
  }
}

test(
  'another domain is asked for at once, and has HTTP until it has a certificate',
  { tags: 'long' },
  async () => {
    await configure('api', ['api.test', 'shop.api.test'])
    await untilNames('api', ['api.test', 'shop.api.test'])
    expect(await plain('shop.api.test')).toBe(308)
    await configure('api', ['api.test'])
    await untilNames('api', ['api.test'])
  },
)

/** Certbot as an administrator runs it, when the receiver's own has come to its end: it runs once at a time. */
const byHand = (words: readonly string[]) => {
  const { directory = '' } = config.tls ?? {}
  const folders = ['--config-dir', directory, '--work-dir', join(directory, 'work')]
  return waitFor(
    async () => {
      try {
        await run('certbot', [...words, ...folders, '--logs-dir', join(directory, 'logs')])
        return true
      } catch (error) {
        if (String(error).includes('Another instance of Certbot')) return false
        throw error
      }
    },
    { what: `no turn for certbot ${words[0]}` },
  )
}

/** Until Nginx has a certificate for just these names. */
const untilNames = (name: string, names: readonly string[]) =>
  waitFor(
    async () => {
      const { subjectAltName = '' } = new X509Certificate(
        readFileSync(join(lineage(name), 'cert.pem')),
      )
      const found = subjectAltName.split(', ').toSorted()
      const isSame =
        found.join() ===
        names
          .map((each) => `DNS:${each}`)
          .toSorted()
          .join()
      const host = names.at(-1) ?? ''
      return isSame && (await served(host)) === leafOf(name) && (await plain(host)) === 308
    },
    { what: `no certificate for ${names.join(' and ')}` },
  )

test(
  'a domain that the CA cannot reach stays with HTTP, is said with what to do, and is not asked for again and again',
  { tags: 'long' },
  async () => {
    await acme.dns('set-servfail', 'gone.test')
    const began = performance.now()
    await configure('gone', ['gone.test'])
    expect(await untilSaid('gone')).toEqual({
      id: 'certificate:gone',
      what: 'certificate of gone',
      ok: false,
      message: expect.stringMatching(
        /^none yet: the CA could not read at gone\.test: .*; it is tried again in 1 min$/,
      ),
      hint: expect.stringContaining('port 80 of this machine has to be open'),
    })
    expect(await plain('gone.test')).toBe(200)
    kept.look()
    // whatever is looked at after it was looked at, too
    await configure('after', ['after.test'])
    await untilNames('after', ['after.test'])
    // on a busy machine a minute may be over meanwhile, and another one
    const minutes = Math.floor((performance.now() - began) / 60_000)
    const asked = logged.filter(({ message }) => message.includes('for gone:')).length
    expect(asked).toBeLessThanOrEqual(1 + minutes)
    const stored = database.prepare('SELECT site FROM certificate_attempts').all()
    expect(stored.map(({ site }) => site)).toEqual(['gone'])
    await forget('gone')
    await forget('after')
  },
)

test('a CA that has enough is left alone for as long as it says, one that is down is said, and the old certificate serves on', async () => {
  const ca = await startRefusingCa(acme.pair)
  const detail = 'too many certificates (5) already issued for this exact set of identifiers'
  ca.refuse(429, 'rateLimited', detail, { 'retry-after': '7200' })
  const { tls } = config
  if (tls === undefined) throw new Error('no tls')
  config = { ...config, tls: { ...tls, server: ca.directory } }
  const before = await served('api.test')
  kept.look()
  expect(
    await waitFor(
      async () => {
        const found = await described('api')
        return found?.message.includes(detail) === true ? found : undefined
      },
      { what: 'no limit' },
    ),
  ).toMatchObject({
    message: expect.stringMatching(
      /^good for \d+ more days.*; the CA gives no more for now: .*; it is tried again in 2 h$/,
    ),
    hint: expect.stringContaining('nothing has to be done'),
  })
  expect(ca.orders()).toBe(1)
  ca.close()
  config = { ...config, tls: { ...tls, server: 'https://127.0.0.1:9/dir' } }
  kept.look()
  expect(
    await waitFor(
      async () => {
        const found = await described('api')
        return found?.message.includes('cannot be reached') === true ? found : undefined
      },
      { what: 'no word' },
    ),
  ).toMatchObject({ message: expect.stringContaining('; it is tried again in 1 min') })
  expect(await served('api.test')).toBe(before)
  config = { ...config, tls }
  kept.look()
  await waitFor(async () => (await described('api'))?.ok === true, { what: 'not well again' })
})

test(
  'an account that the CA has no more is said, with how to get another one',
  { tags: 'long' },
  async () => {
    const { directory = '' } = config.tls ?? {}
    const accounts = join(directory, 'accounts')
    cpSync(accounts, join(directory, 'kept'), { recursive: true })
    await byHand(['unregister', '--non-interactive', '--server', acme.directory])
    rmSync(accounts, { recursive: true })
    cpSync(join(directory, 'kept'), accounts, { recursive: true })
    await configure('late', ['late.test'])
    expect(await untilSaid('late')).toMatchObject({
      message: expect.stringContaining("the CA does not take Certbot's account any more"),
      hint: expect.stringContaining('certbot unregister --server'),
    })
    expect(await plain('late.test')).toBe(200)
    await forget('late')
  },
)

test("files of one's own are taken when they change, if they belong together", async () => {
  const folder = workspace.folder('own')
  const { certificate, key } = makePair(folder, ['own.test'])
  await configure('own', ['own.test'], { tls: { kind: 'files', certificate, key } })
  const own = () => leafIn(readFileSync(certificate, 'utf8'))
  await waitFor(async () => (await served('own.test')) === own(), { what: 'its own' })
  makePair(folder, ['own.test'])
  kept.look()
  await waitFor(async () => (await served('own.test')) === own(), { what: 'its next one' })
  const good = own()
  writeFileSync(key, readFileSync(makePair(workspace.folder('strange'), ['own.test']).key))
  kept.look()
  expect(await untilSaid('own')).toMatchObject({
    message: `the key ${key} is not that of ${certificate}`,
  })
  expect(await served('own.test')).toBe(good)
  await forget('own')
})

test('what Certbot was given that is secret stands in no argument and no file afterwards', () => {
  expect(readdirSync(join(config.data, 'certbot'))).not.toContain('config.ini')
})
