import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nobodysPair } from '../../../../receiver/edges/nginx/nobodys-pair.ts'
import {
  type ConfiguredReceiver,
  hasOwnSite,
} from '../../../../receiver/edges/nginx/receiver-site.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { makePair } from '../../../support/certificates.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'
import { type Asked, closed, send, startEcho } from './behind-nginx.ts'

let workspace: Workspace
let nginx: PrivateNginx
let hooks: Awaited<ReturnType<typeof startEcho>>
let admin: Awaited<ReturnType<typeof startEcho>>
let pair: { certificate: string; key: string }
let ports: { plain: number; tls: number }
const NAMES = ['deploy.test', 'page.test']

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  pair = makePair(workspace.folder('pair'), NAMES)
  hooks = await startEcho('hooks')
  admin = await startEcho('admin')
  ports = { plain: await freePort(), tls: await freePort() }
})
afterAll(async () => {
  await closed(hooks)
  await closed(admin)
  await workspace.close()
})

/** Has Nginx know the receiver alone, with a page under this name. */
async function show(
  domain: string,
  { hasTls, hasSite = true }: { hasTls: boolean; hasSite?: boolean },
) {
  for (const file of readdirSync(nginx.directory)) rmSync(join(nginx.directory, file))
  const covered = (name: string) =>
    hasTls ? { tls: { pair: { ...pair, covers: [name], isFit: true } } } : {}
  const receiver: ConfiguredReceiver = {
    url: 'https://deploy.test',
    listen: { host: '127.0.0.1', port: hooks.port },
    ...(hasSite ? { site: { trustedProxies: [] } } : {}),
    ...covered('deploy.test'),
    hasTls,
    page: { domain, listen: { host: '127.0.0.1', port: admin.port }, ...covered(domain) },
  }
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      listen: [`127.0.0.1:${ports.plain}`],
      listenTls: [`127.0.0.1:${ports.tls}`],
    },
    app: () => undefined,
    apps: () => [],
    receiver: () => receiver,
    flags: createSlots(join(workspace.dir, 'data')).flags,
    address: () => '127.0.0.1',
    nobodysPair: () => nobodysPair(workspace.folder('nobody')),
  })
  let notice: string | undefined
  await nginx.reloaded(async () => {
    notice = (await sites.receiver.ensure('leave')).pageNotice
  })
  return { notice, page: sites.receiver.page }
}

const plain = async (host: string, path: string) => {
  const { status, asked, headers } = await send({ port: ports.plain, host, path, headers: {} })
  return { status, by: (asked as Asked | undefined)?.name, location: headers.location }
}

const secure = (host: string, path: string) =>
  new Promise<{ status: number; by?: string; asked?: Asked; location?: string }>(
    (resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: ports.tls,
          path,
          servername: host,
          ca: [readFileSync(pair.certificate)],
          headers: { host: `${host}:${ports.tls}`, 'x-forwarded-for': '203.0.113.9' },
          agent: false,
        },
        (response) => {
          const answer = (bytes: Buffer) => {
            const text = bytes.toString()
            const { location } = response.headers
            const asked = text.startsWith('{') ? (JSON.parse(text) as Asked) : undefined
            resolve({
              status: response.statusCode ?? 0,
              ...(asked === undefined ? {} : { by: asked.name, asked }),
              ...(location === undefined ? {} : { location }),
            })
          }
          buffer(response).then(answer, reject)
        },
      )
      sent.on('error', reject)
      sent.end()
    },
  )

test('a page under a name of its own is served over TLS alone, and nothing else of its address is', async () => {
  await show('page.test', { hasTls: false })
  expect(await plain('page.test', '/page/apps')).toMatchObject({ status: 503, by: undefined })
  expect(await plain('deploy.test', '/page/apps')).toMatchObject({ by: 'hooks' })

  await show('page.test', { hasTls: true })
  expect(await plain('page.test', '/page/apps')).toMatchObject({ status: 308, by: undefined })
  const { asked, ...page } = await secure('page.test', '/page/apps/api?x=%20')
  expect(page).toEqual({ status: 200, by: 'admin' })
  expect(asked).toMatchObject({
    url: '/page/apps/api?x=%20',
    headers: {
      host: `page.test:${ports.tls}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    },
  })
  for (const path of [
    '/',
    '/metrics',
    '/apps',
    '/deployments/x',
    '/page/../metrics',
    '/page/%2e%2e/metrics',
    '/page/..%2fmetrics',
    '/page/x/..//../metrics',
    '//metrics',
    '/Page/apps',
    '/openapi.json',
  ]) {
    expect([path, await secure('page.test', path)]).toEqual([
      path,
      { status: 302, location: expect.stringMatching(/\/page\/apps$/) },
    ])
  }
})

test("a page on the receiver's host stands beside the hooks, over TLS alone", async () => {
  await show('deploy.test', { hasTls: false })
  expect(await plain('deploy.test', '/page/apps')).toMatchObject({ by: 'hooks' })
  await show('deploy.test', { hasTls: true })
  expect(await plain('deploy.test', '/page/apps')).toMatchObject({ status: 308 })
  expect(await secure('deploy.test', '/page/apps')).toMatchObject({ by: 'admin' })
  // the form of a link is sent to the second
  for (const path of ['/page/login/x', '/page/login'])
    expect(await secure('deploy.test', path)).toMatchObject({ status: 200, by: 'admin' })
  for (const path of ['/hooks/api', '/apps', '/page/../metrics', '/metrics']) {
    expect([path, (await secure('deploy.test', path)).by]).toEqual([path, 'hooks'])
  }
})

test('a page that has no site of ours is told of, and one that has is asked for as its visitors do', async () => {
  const shown = await show('page.test', { hasTls: true })
  expect(shown.notice).toBeUndefined()
  const isOurs = () => hasOwnSite(nginx.directory, 'https://deploy.test', 'page.test')
  expect(isOurs()).toBe(true)
  expect(await shown.page()).toEqual({ url: `https://page.test:${ports.tls}` })
  const beside = await show('deploy.test', { hasTls: true })
  expect([beside.notice, await beside.page()]).toEqual([undefined, undefined])

  const left = await show('page.test', { hasTls: true, hasSite: false })
  expect(left.notice).toContain('`site: false` leaves page.test (page.domain) to a site')
  expect(await left.page()).toEqual({ notice: left.notice })

  const theirs = join(workspace.dir, 'nginx/theirs.conf')
  writeFileSync(theirs, `server { listen 127.0.0.1:${ports.plain}; server_name page.test; }`)
  const main = join(workspace.dir, 'nginx/nginx.conf')
  const before = readFileSync(main, 'utf8')
  writeFileSync(main, before.replace('http {', `http { include ${theirs};`))
  const taken = await show('page.test', { hasTls: true })
  writeFileSync(main, before)
  expect(taken.notice).toContain(`page.test (page.domain) has a site of your own, in ${theirs}`)
  expect(taken.notice).toContain('no certificate is asked for')
  expect(isOurs()).toBe(false)
  // before 1.19.4 by a certificate that is nobody’s
  await expect(secure('page.test', '/page/apps')).rejects.toThrow(
    /unrecognized name|self-signed certificate/,
  )
})
