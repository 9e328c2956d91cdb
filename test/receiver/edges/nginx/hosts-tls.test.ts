import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConfiguredSite } from '../../../../receiver/edges/nginx/app-sites.ts'
import { OLDEST } from '../../../../receiver/edges/nginx/features.ts'
import { nobodysPair } from '../../../../receiver/edges/nginx/nobodys-pair.ts'
import { renderReceiver } from '../../../../receiver/edges/nginx/render/receiver-site.ts'
import { createSites, type SiteFiles } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { makePair } from '../../../support/certificates.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'
import { type Asked, closed, send, startEcho } from './behind-nginx.ts'

let workspace: Workspace
let nginx: PrivateNginx
let sites: SiteFiles
let pair: { certificate: string; key: string }
const servers: (Server & { port: number })[] = []
let upstreams: Record<string, Parameters<SiteFiles['ensure']>[0][string]>
const ports = { plain: 0, tls: 0 }
const NAMES = ['d.test', 'www.d.test', 'deploy.test', 'guest.test', 'www.guest.test']
const PROXY = '127.0.0.7'

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  Object.assign(ports, { plain: await freePort(), tls: await freePort() })
  pair = makePair(workspace.folder('pair'), NAMES)
  const webroot = workspace.folder('acme')
  const tls = (...covers: string[]) =>
    existsSync(pair.certificate) ? { webroot, pair: { ...pair, covers, isFit: true } } : { webroot }
  const trustedProxies = [`${PROXY}/32`]
  const configured = (): Record<string, ConfiguredSite> => ({
    api: { domains: ['d.test'], paths: ['/api'], stripPrefix: true, pauses: false },
    web: {
      domains: ['d.test'],
      redirectFrom: ['www.d.test', 'old.test'],
      tls: tls('d.test', 'www.d.test'),
      site: { trustedProxies },
      pauses: false,
    },
    receiver: { domains: [], pauses: false },
    host: { domains: ['plain.test'], pauses: false },
    guest: {
      domains: ['plain.test'],
      paths: ['/guest'],
      redirectFrom: ['guest.test'],
      tls: tls('guest.test'),
      pauses: false,
    },
    second: {
      domains: ['d.test'],
      paths: ['/second'],
      redirectFrom: ['www.guest.test'],
      tls: tls('www.guest.test'),
      pauses: false,
    },
  })
  const slots = createSlots(workspace.folder('data'))
  for (const app of Object.keys(configured())) {
    servers.push(await startEcho(app))
    slots.makeLive(app, 'blue')
  }
  const [api, web, receiver] = servers.map(({ port }) => ({ port, replicas: 1 }))
  if (api === undefined || web === undefined || receiver === undefined) throw new Error('no server')
  sites = createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      listen: [`127.0.0.1:${ports.plain}`],
      listenTls: [`127.0.0.1:${ports.tls}`],
    },
    app: (name) => configured()[name],
    apps: () => ['api', 'web', 'host', 'guest', 'second'],
    receiver: () => ({
      url: 'https://deploy.test',
      listen: { host: '127.0.0.1', port: receiver.port },
      site: { trustedProxies, hsts: 'max-age=31536000' },
      tls: tls('deploy.test'),
      hasTls: true,
    }),
    flags: slots.flags,
    address: () => '127.0.0.1',
    nobodysPair: () => nobodysPair(workspace.folder('nobody')),
  })
  await nginx.reloaded(() => sites.receiver.ensure('refuse'))
  upstreams = { api: { blue: api, green: api }, web: { blue: web, green: web } }
  for (const app of ['host', 'guest', 'second']) upstreams[app] = { blue: web, green: web }
  await nginx.reloaded(() => sites.ensure(upstreams))
})
afterAll(async () => {
  await Promise.all(servers.map(closed))
  await workspace.close()
})

interface Answer {
  status: number
  location?: string
  hsts?: string
  asked: Partial<Asked>
}

const plain = async (host: string, path: string, from = '127.0.0.1'): Promise<Answer> => {
  const headers = { 'x-forwarded-proto': 'https' }
  const {
    status,
    headers: said,
    asked,
  } = await send({ port: ports.plain, host, path, from, headers })
  return { status, ...(said.location === undefined ? {} : { location: said.location }), asked }
}

const overTls = (host: string, path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: ports.tls,
        servername: host,
        path,
        headers: { host },
        agent: new Agent(),
        rejectUnauthorized: host !== 'unknown.test',
        ca: [readFileSync(pair.certificate)],
      },
      (incoming) => {
        let body = ''
        incoming.on('data', (chunk: Buffer) => (body += String(chunk)))
        incoming.on('end', () => {
          const { location, 'strict-transport-security': hsts } = incoming.headers
          resolve({
            status: incoming.statusCode ?? 0,
            ...(location === undefined ? {} : { location }),
            ...(hsts === undefined ? {} : { hsts }),
            asked: body.startsWith('{"name"') ? (JSON.parse(body) as Asked) : {},
          })
        })
      },
    )
    outgoing.once('error', reject)
    outgoing.end()
  })

test('apps at paths are served over TLS, by the certificate of the one at /', async () => {
  expect(await overTls('d.test', '/api/a%2Fb')).toMatchObject({
    status: 200,
    asked: { name: 'api', url: '/a%2Fb', headers: { 'x-forwarded-proto': 'https' } },
  })
  expect(await overTls('d.test', '/x')).toMatchObject({ asked: { name: 'web', url: '/x' } })
  for (const path of ['/api/x?y', '/x?y']) {
    expect(await plain('d.test', path)).toMatchObject({
      status: 308,
      location: `https://d.test:${ports.tls}${path}`,
    })
  }
})

test('a proxy that ended TLS itself gets each app, and is not sent round in a circle', async () => {
  expect(await plain('d.test', '/api/x', PROXY)).toMatchObject({
    asked: { name: 'api', url: '/x' },
  })
  expect(await plain('d.test', '/x', PROXY)).toMatchObject({ asked: { name: 'web', url: '/x' } })
})

test('names lead to the first domain in one step, also those that the certificate is not for', async () => {
  const to = `https://d.test:${ports.tls}/a%2Fb?c`
  for (const name of ['www.d.test', 'old.test']) {
    expect(await plain(name, '/a%2Fb?c')).toMatchObject({ status: 308, location: to })
  }
  expect(await overTls('www.d.test', '/a%2Fb?c')).toMatchObject({ status: 308, location: to })
})

test('names lead to the domain of another app as that one is served', async () => {
  const to = 'http://plain.test/x'
  expect(await overTls('guest.test', '/x')).toMatchObject({ status: 308, location: to })
  expect((await plain('guest.test', '/x')).location).toMatch(/^http:\/\/plain\.test/)
  const secure = `https://d.test:${ports.tls}/x`
  expect(await overTls('www.guest.test', '/x')).toMatchObject({ status: 308, location: secure })
})

test('each app is proved over TLS, and known by its https address', async () => {
  const ask = (app: string) => sites.ask(app, AbortSignal.timeout(20_000))
  expect(await ask('web')).toEqual({ url: `https://d.test:${ports.tls}` })
  expect(await ask('api')).toEqual({ url: `https://d.test:${ports.tls}/api` })
})

test("the receiver's own site is served over TLS, with what holds for all sites", async () => {
  expect(await overTls('deploy.test', '/hooks/api')).toMatchObject({
    status: 200,
    hsts: 'max-age=31536000',
    asked: { name: 'receiver', url: '/hooks/api', headers: { host: 'deploy.test' } },
  })
  expect(await plain('deploy.test', '/hooks/api')).toMatchObject({
    status: 308,
    location: `https://deploy.test:${ports.tls}/hooks/api`,
  })
  expect(await sites.receiver.ask()).toEqual({ url: `https://deploy.test:${ports.tls}` })
})

test('a name that no site has gets no handshake, or before 1.19.4 no answer', async () => {
  await expect(overTls('unknown.test', '/')).rejects.toThrow(/unrecognized name|socket hang up/)
  expect(await sites.receiver.unknownNames()).toContain(`127.0.0.1:${ports.tls}: no answer (444)`)
})

test("an Nginx that has to show a certificate first shows nobody's", async () => {
  const made = await nobodysPair(workspace.folder('nobody'))
  expect(await nobodysPair(workspace.folder('nobody'))).toEqual(made)
  if (made === undefined) throw new Error('there is no openssl')
  const port = await freePort()
  const listenTls = [`127.0.0.1:${port}`]
  const text = renderReceiver({ unknown: { listen: [], listenTls, pair: made, features: OLDEST } })
  expect(text).not.toContain('ssl_reject_handshake')
  expect(renderReceiver({ unknown: { listen: [], listenTls, features: OLDEST } })).toBeUndefined()
  writeFileSync(join(nginx.directory, 'old.conf'), text ?? '')
  await nginx.reloaded(() => nginx.check())
  const at = { ...ports }
  ports.tls = port
  await expect(overTls('unknown.test', '/')).rejects.toThrow(/socket hang up/)
  Object.assign(ports, at)
})

test('when all certificates are gone, sites of apps and of the receiver are had over plain HTTP again', async () => {
  rmSync(join(nginx.directory, 'old.conf'))
  for (const file of Object.values(pair)) rmSync(file)
  // Nginx takes neither file as long as the other one names what is not there
  await expect(sites.receiver.ensure('leave')).rejects.toThrow(/fullchain\.pem/)
  await nginx.reloaded(() => sites.ensure(upstreams, () => 'leave'))
  await nginx.check()
  expect(await plain('d.test', '/x')).toMatchObject({ asked: { name: 'web', url: '/x' } })
  expect(await plain('deploy.test', '/x')).toMatchObject({ asked: { name: 'receiver' } })
  expect(await sites.receiver.ensure('leave')).toMatchObject({ changed: false })
  expect(await sites.receiver.unknownNames()).toContain(`:${ports.plain}: no answer (444)`)
})
