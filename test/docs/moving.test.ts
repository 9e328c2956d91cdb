// @module-tag long
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { loadConfig } from '../../receiver/config/load.ts'
import type { ConfiguredSite } from '../../receiver/edges/nginx/app-sites.ts'
import { createSites } from '../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../receiver/edges/slots.ts'
import { closed, startEcho } from '../receiver/edges/nginx/behind-nginx.ts'
import { makePair } from '../support/certificates.ts'
import { INSTALLATION } from '../support/home.ts'
import { type PrivateNginx, startNginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { blocksOf } from './blocks-of.ts'
import { rowsBelow } from './rows-below.ts'
import { AS_ALICE, OVER_TLS, type Ports, visit, visitAll } from './visitors.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/sites.md'), 'utf8')
const HEADING = 'Moving a site of your own to the config'
const section = PAGE.split(`\n## ${HEADING}\n`)[1]?.split('\n## ', 1)[0] ?? ''
const [handMade = '', included = ''] = blocksOf(section, 'nginx')
const [config = ''] = blocksOf(section, 'yaml')

let workspace: Workspace
let nginx: PrivateNginx
let ports: Ports
let apps: Record<'old' | 'new', Server & { port: number }>
let wanted: Omit<ConfiguredSite, 'pauses'>
let pair: { certificate: string; key: string; covers: string[]; isFit: boolean }

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  ports = { plain: await freePort(), tls: await freePort() }
  apps = { old: await startEcho('old'), new: await startEcho('new') }
  for (const server of Object.values(apps)) {
    new WebSocketServer({ server }).on('connection', (socket) => socket.close())
  }
  const names = ['example.com', 'www.example.com']
  pair = { ...makePair(workspace.folder('new'), names), covers: names, isFit: true }
  makePair(workspace.folder('old'), names)
  put('members.htpasswd', 'alice:{PLAIN}secret\n')
  put('static.css', 'a {}\n')
  put(
    'options.conf',
    'ssl_session_cache shared:le_nginx_SSL:10m;\nssl_protocols TLSv1.2 TLSv1.3;\n',
  )
  const group = ['-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048']
  put('dhparams.pem', execFileSync('openssl', ['genpkey', '-genparam', ...group]).toString())
  put('web.more', here(included))
  const file = put('config.yaml', here(config))
  const { tls: _, ...web } = loadConfig(file, {}).apps['web'] ?? { domains: [] }
  wanted = web
})
afterAll(async () => {
  await Promise.all(Object.values(apps).map(closed))
  await workspace.close()
})

function put(name: string, text: string): string {
  const file = join(workspace.folder('files'), name)
  writeFileSync(file, text, { mode: 0o644 })
  return file
}

/** As the page has it, at places of this test's own. */
function here(text: string): string {
  const at = (name: string) => join(workspace.dir, name)
  return [
    ['/var/log/nginx/', at('nginx/')],
    ['/etc/nginx/', at('files/')],
    ['/srv/example/static/', at('files/')],
    ['/etc/letsencrypt/live/example.com/', at('old/')],
    ['/etc/letsencrypt/options-ssl-nginx.conf', at('files/options.conf')],
    ['/etc/letsencrypt/ssl-dhparams.pem', at('files/dhparams.pem')],
    ['127.0.0.1:8000', `127.0.0.1:${apps.old.port}`],
    ['  listen 80;', `  listen 127.0.0.1:${ports.plain};`],
    ['  listen 443 ssl;', `  listen 127.0.0.1:${ports.tls} ssl;`],
  ]
    .reduce((changed, [from = '', to = '']) => changed.replaceAll(from, to), text)
    .split('\n')
    .filter((line) => !line.includes('[::]'))
    .join('\n')
}

const oldFile = (name: string) => join(nginx.directory, name)
const addOld = (name = 'zz-example.conf') => writeFileSync(oldFile(name), here(handMade))

const sitesOf = (site: Omit<ConfiguredSite, 'pauses'>) =>
  createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      listen: [`127.0.0.1:${ports.plain}`],
      listenTls: [`127.0.0.1:${ports.tls}`],
    },
    app: () => ({ pauses: false, ...site }),
    flags: createSlots(workspace.folder('data')).flags,
    address: () => '127.0.0.1',
  })

async function show(site: Omit<ConfiguredSite, 'pauses'>) {
  const sites = sitesOf(site)
  const slot = { port: apps.new.port, replicas: 1 }
  await nginx.reloaded(async () => {
    await sites.ensure({ web: { blue: slot, green: slot } })
    await nginx.check()
  })
  createSlots(workspace.folder('data')).makeLive('web', 'blue')
  return sites
}

/** By stages: under a name that nobody knows, with the real names before there is a certificate, and with it. */
const unknown = () => {
  const { redirectFrom: _, ...rest } = wanted
  return { ...rest, domains: ['moving.example.com'] }
}
const waiting = () => ({ ...wanted, tls: { webroot: workspace.folder('acme') } })
const certified = () => ({ ...wanted, tls: { webroot: workspace.folder('acme'), pair } })

const CONFLICT = 'conflicting server name "example.com"'
const url = 'https://example.com'
const look = (sites: ReturnType<typeof sitesOf>) => sites.look('web')

test('docs/sites.md accounts for every line of the site that is moved, and for no other', () => {
  const lines = handMade
    .split('\n')
    .map((line) => line.replace('# managed by Certbot', '').trim())
    .filter((line) => line !== '' && line !== '}' && line !== 'server {')
  const rows = rowsBelow(PAGE, HEADING)
  const told = rows.flatMap(([cell = '']) => cell.split('`').filter((_, at) => at % 2 === 1))
  expect(told.toSorted()).toEqual([...new Set(lines)].toSorted())
})

test('a site that is moved as docs/sites.md says answers each request as before, at every step', async () => {
  addOld()
  await nginx.reloaded(nginx.check)
  const before = await visitAll(ports)
  expect(before).toMatchObject({
    by: ['old'],
    gets: {
      'a page': { status: 200, headers: { 'x-frame-options': 'SAMEORIGIN' } },
      'a page, compressed': { headers: { 'content-encoding': 'gzip' } },
      'a body too large': { status: 413 },
      'a WebSocket': { status: 101 },
      'a file': { status: 200, headers: { 'cache-control': 'max-age=604800' } },
      'a file, without password': { status: 401 },
      'www by plain HTTP': { url: `${url}/a?b`, status: 200 },
    },
  })

  // 1 and 2: deployed under another name
  await show(unknown())
  expect(await visitAll(ports)).toEqual(before)
  const moving = { url: 'http://moving.example.com/', headers: AS_ALICE }
  expect(await visit(ports, moving)).toMatchObject({ by: 'new', gets: { status: 200 } })

  // 4: with the real names, before there is a certificate
  const sites = await show(waiting())
  expect(await visitAll(ports, OVER_TLS)).toEqual(tlsPart(before))
  expect(await visit(ports, { url: 'http://example.com/', headers: AS_ALICE })).toMatchObject({
    by: 'new',
    gets: { url: 'http://example.com/', status: 200 },
  })
  expect((await sites.check()).warnings.join('\n')).toMatch(CONFLICT)

  // and with it
  const done = await show(certified())
  expect(await visitAll(ports)).toEqual({ ...before, by: ['new'] })
  expect((await done.check()).warnings.join('\n')).toMatch(CONFLICT)
  expect(await look(done)).toMatchObject({ url: `${url}:${ports.tls}` })

  // 5: without the old file
  rmSync(oldFile('zz-example.conf'))
  await nginx.reloaded(nginx.check)
  expect(await visitAll(ports)).toEqual({ ...before, by: ['new'] })
  expect((await done.check()).warnings).toEqual([])

  // and back
  addOld()
  await show(unknown())
  expect(await visitAll(ports)).toEqual(before)
  rmSync(oldFile('zz-example.conf'))
})

const tlsPart = ({ by, gets }: Awaited<ReturnType<typeof visitAll>>) => ({
  by,
  gets: Object.fromEntries(Object.entries(gets).filter(([name]) => name in OVER_TLS)),
})

test('an old site that Nginx reads first keeps its visitors, and is named', async () => {
  addOld('app.conf')
  await show(certified())
  expect((await visitAll(ports)).by).toEqual(['old'])
  // one that told Nginx nothing itself waits for no reload
  await expect(look(sitesOf(certified()))).rejects.toThrow(
    `another site of Nginx has the name example.com, in ${oldFile('app.conf')}, and answers first`,
  )
})
