import { request, type Server } from 'node:http'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SiteSettings } from '../../../../receiver/core/site.ts'
import { sha256, sumsOf } from '../../../../receiver/edges/nginx/mark.ts'
import { freePort } from '../../../support/ports.ts'
import { type Answer, closed, openBehindNginx, type Sending, startEcho } from './behind-nginx.ts'

type Ask = (path: string, options?: Sending) => Promise<Answer>

interface Case {
  site: Partial<SiteSettings>
  /** Whether it was never deployed. */
  isAbsent?: true
  /** Whether nobody is there. */
  isDown?: true
  /** What a visitor gets of it. */
  shows(ask: Ask, host: string): Promise<void>
}

/** Files of the administrator's. */
const files = mkdtempSync(join(tmpdir(), 'site-files-'))
chmodSync(files, 0o755)
function put(name: string, text: string): string {
  writeFileSync(join(files, name), text, { mode: 0o644 })
  return join(files, name)
}

/** All that can stand in a header. */
const EVERY_CHARACTER = String.fromCharCode(...Array.from({ length: 94 }, (_, at) => at + 33))
const [LONGEST_NAME, LONGEST_VALUE] = [
  `x-${'n'.repeat(38)}`,
  `${'"'.repeat(1000)}${'v'.repeat(1000)}`,
]

const by = (who: string) => ({
  headers: { authorization: `Basic ${Buffer.from(who).toString('base64')}` },
})

const pages = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, put(`${status}.html`, `page ${status}`)]))

/** Whether Nginx bids a visitor send so many bytes. */
const isBidden = (host: string, bytes: number) =>
  new Promise<boolean>((resolve, reject) => {
    const headers = { host, expect: '100-continue', 'content-length': bytes }
    const sent = request({ host: '127.0.0.1', port: world.port, method: 'POST', headers })
    sent.once('continue', () => {
      resolve(true)
      sent.destroy()
    })
    sent.once('response', () => resolve(false))
    sent.once('error', reject)
    sent.flushHeaders()
  })

const body = (bytes: number) => ({ method: 'POST', body: Buffer.alloc(bytes, 'x') })

/** Where the first of an app's pages is. */
const pageOf = (name: string): string => {
  const text = readFileSync(join(world.snippets, `${name}.slot`), 'utf8')
  return /location = (\/\.well-known\/\S+\/errors\/\S+) /.exec(text)?.[1] ?? ''
}

/** Where an app's files say that Nginx has them. */
const served = (name: string): string => {
  const text = readFileSync(join(world.snippets, `${name}.slot`), 'utf8')
  return /location = (\S+) /.exec(text)?.[1] ?? ''
}

/** Each is an app of that name with this site, rendered and as a site of somebody's own with both snippets. */
const CASES: Record<string, Case> = {
  'max-body': {
    site: { maxBody: '2k' },
    async shows(ask, host) {
      expect(await ask('/', body(2048))).toMatchObject({ status: 200, asked: { bytes: 2048 } })
      expect(await ask('/', body(2049))).toMatchObject({ status: 413 })
      expect(await isBidden(host, 2049)).toBe(false)
    },
  },
  'any-body': {
    site: { maxBody: '0' },
    async shows(_, host) {
      expect(await isBidden(host, 1024 ** 5)).toBe(true)
    },
  },
  timeout: {
    site: { timeoutMs: 300 },
    async shows(ask) {
      expect(await ask('/')).toMatchObject({ status: 200 })
      expect(await ask('/silent')).toMatchObject({ status: 504 })
    },
  },
  gzip: {
    site: { gzip: true },
    async shows(ask) {
      const headers = { 'accept-encoding': 'gzip', via: '1.1 a-proxy' }
      const [long, short] = await Promise.all([
        ask(`/?${'x'.repeat(1000)}`, { headers }),
        ask('/short', { headers }),
      ])
      expect(long.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
      expect(short.headers).not.toHaveProperty('content-encoding')
      const plain = await ask(`/?${'x'.repeat(1000)}`)
      expect(plain.asked.name).toBe('app')
      expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' })
    },
  },
  headers: {
    site: {
      headers: {
        'X-Frame-Options': 'DENY',
        'Content-Type-Of-Mine': EVERY_CHARACTER,
        'Cache-Control': 'private',
        'X-Of-App': '',
        [LONGEST_NAME]: LONGEST_VALUE,
      },
    },
    async shows(ask) {
      const expected = {
        'x-frame-options': 'DENY',
        'content-type-of-mine': EVERY_CHARACTER,
        'cache-control': 'private',
        [LONGEST_NAME]: LONGEST_VALUE,
      }
      const told = ['x-frame-options: SAMEORIGIN', 'cache-control: public', 'x-of-app: 1']
      const answer = await ask(`/?say=${encodeURIComponent(told.join('\n'))}`)
      expect(answer).toMatchObject({ status: 200, headers: expected })
      expect(answer.headers).not.toHaveProperty('x-of-app')
      expect(await ask('/broken')).toMatchObject({ status: 503, headers: expected })
    },
  },
  'headers-absent': {
    site: { headers: { 'X-Frame-Options': 'DENY', 'Cache-Control': 'private', 'X-Cost': '$1' } },
    isAbsent: true,
    async shows(ask) {
      const headers = {
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'retry-after': '5',
        'x-cost': '$1',
      }
      expect(await ask('/')).toMatchObject({ status: 503, headers })
    },
  },
  'headers-nobody': {
    site: { headers: { 'X-Frame-Options': 'DENY' } },
    isDown: true,
    async shows(ask) {
      const headers = { 'x-frame-options': 'DENY' }
      expect(await ask('/')).toMatchObject({ status: 502, headers })
      expect(await ask('/', body(2))).toMatchObject({ status: 502, headers })
    },
  },
  'basic-auth': {
    site: { basicAuth: put('passwords', 'alice:{PLAIN}open sesame\n') },
    async shows(ask) {
      const headers = { 'www-authenticate': 'Basic realm="basic-auth"' }
      expect(await ask('/')).toMatchObject({ status: 401, headers })
      expect(await ask('/', by('alice:guess'))).toMatchObject({ status: 401, headers })
      const { status, asked } = await ask('/', by('alice:open sesame'))
      expect(status).toBe(200)
      expect(asked.headers).not.toHaveProperty('authorization')
      expect(await ask(served('basic-auth'))).toMatchObject({ status: 200, body: 'basic-auth' })
    },
  },
  'basic-auth-gone': {
    site: { basicAuth: join(files, 'no-passwords') },
    async shows(ask) {
      expect(await ask('/')).toMatchObject({ status: 401 })
      expect(await ask('/', by('alice:open sesame'))).toMatchObject({ status: 403 })
    },
  },
  include: {
    site: { include: put('more', 'location = /robots.txt { return 200 "of mine"; }\n') },
    async shows(ask, host) {
      expect(await ask('/')).toMatchObject({ status: 200, asked: { name: 'app' } })
      // a site of one's own has such lines itself
      if (host.startsWith('own')) return
      expect(await ask('/robots.txt')).toMatchObject({ status: 200, body: 'of mine' })
    },
  },
  pages: {
    site: {
      maxBody: '2k',
      timeoutMs: 300,
      headers: { 'X-Mine': '1' },
      errorPages: pages(413, 503, 504),
    },
    async shows(ask) {
      const headers = { 'x-mine': '1', 'cache-control': 'no-store', 'content-type': 'text/html' }
      expect(await ask('/', body(3000))).toMatchObject({ status: 413, body: 'page 413', headers })
      expect(await ask('/silent')).toMatchObject({ status: 504, body: 'page 504', headers })
      expect(await ask('/silent', body(9))).toMatchObject({ status: 504, body: 'page 504' })
      expect(await ask('/broken')).toMatchObject({ status: 503, asked: { name: 'app' } })
      expect((await ask(pageOf('pages'))).body).not.toContain('page 413')
    },
  },
  'pages-down': {
    site: { errorPages: pages(502) },
    isDown: true,
    async shows(ask) {
      expect(await ask('/')).toMatchObject({ status: 502, body: 'page 502' })
      expect(await ask('/', body(9))).toMatchObject({ status: 502, body: 'page 502' })
    },
  },
  'pages-absent': {
    site: { errorPages: pages(503) },
    isAbsent: true,
    async shows(ask) {
      const headers = { 'retry-after': '5', 'cache-control': 'no-store' }
      expect(await ask('/')).toMatchObject({ status: 503, body: 'page 503', headers })
      expect(await ask('/', body(9))).toMatchObject({ status: 503, body: 'page 503', headers })
    },
  },
  'pages-maintenance': {
    site: { errorPages: pages(503) },
    async shows(ask) {
      expect(await ask('/')).toMatchObject({ status: 200 })
      world.slots.setMaintenance('pages-maintenance', true)
      const headers = { 'retry-after': '60', 'cache-control': 'no-store' }
      expect(await ask('/')).toMatchObject({ status: 503, body: 'page 503', headers })
      world.slots.setMaintenance('pages-maintenance', false)
    },
  },
  'pages-absent-gone': {
    site: { errorPages: { 503: join(files, 'none.html') } },
    isAbsent: true,
    async shows(ask) {
      const { status, headers, body: text } = await ask('/')
      expect({ status, wait: headers['retry-after'] }).toEqual({ status: 503, wait: '5' })
      expect(text).toContain('pages-absent-gone is being deployed')
    },
  },
  'pages-down-gone': {
    site: { errorPages: { 502: join(files, 'none.html') } },
    isDown: true,
    async shows(ask) {
      const headers = { 'cache-control': 'no-store' }
      expect(await ask('/')).toMatchObject({ status: 502, headers })
      expect((await ask('/')).body).toContain('That did not work')
    },
  },
  'pages-keep-out': {
    site: {
      basicAuth: put('nobody', ''),
      rateLimit: { rate: '1r/m', burst: 0 },
      errorPages: pages(401, 429),
    },
    async shows(ask, host) {
      const from = host.startsWith('own') ? '127.0.0.2' : '127.0.0.3'
      const headers = { 'www-authenticate': 'Basic realm="pages-keep-out"' }
      expect(await ask('/', { from })).toMatchObject({ status: 401, body: 'page 401', headers })
      expect(await ask('/', { from })).toMatchObject({ status: 429, body: 'page 429' })
    },
  },
  'pages-denied': {
    site: { include: put('closed', 'deny all;\n'), errorPages: pages(403) },
    async shows(ask, host) {
      // a site of one's own has such lines itself
      if (host.startsWith('own')) return
      expect(await ask('/')).toMatchObject({ status: 403, body: 'page 403' })
    },
  },
  'rate-limit': {
    site: { rateLimit: { rate: '1r/m', burst: 2 }, trustedProxies: ['127.0.1.1/32'] },
    async shows(ask, host) {
      const times = async (count: number, path: string, options: Sending) => {
        const statuses = []
        while (statuses.length < count) statuses.push((await ask(path, options)).status)
        return statuses
      }
      // the two sites of an app have one limit
      const from = host.startsWith('own') ? '127.0.0.2' : '127.0.0.3'
      expect(await times(5, '/', { from })).toEqual([200, 200, 200, 429, 429])
      expect(await times(9, served('rate-limit'), { from })).toEqual(Array(9).fill(200))
      const behind = (visitor: string) => ({
        from: '127.0.1.1',
        headers: { 'x-forwarded-for': `${visitor}.${host.length}` },
      })
      expect(await times(4, '/', behind('192.0.2'))).toEqual([200, 200, 200, 429])
      expect(await times(4, '/', behind('198.51.100'))).toEqual([200, 200, 200, 429])
    },
  },
}

let world: Awaited<ReturnType<typeof openBehindNginx>>
let app: Server & { port: number }

beforeAll(async () => {
  world = await openBehindNginx()
  app = await startEcho('app')
  const { port, snippets, slots } = world
  const nobody = { port: await freePort() }
  const apps = Object.entries(CASES).map(([name, { site, isDown }]) => {
    const server = isDown ? nobody : app
    const settings = { trustedProxies: [], ...site }
    const configured = { domains: [`${name}.test`], pauses: true, site: settings }
    return [name, { blue: server, green: server, app: configured }]
  })
  const own = Object.keys(CASES).map(
    (name) => `server {
  listen 127.0.0.1:${port};
  server_name own.${name}.test;
  include ${snippets}/${name}.slot;
  location / { include ${snippets}/${name}.proxy; }
}
`,
  )
  await world.show(Object.fromEntries(apps), { 'own.conf': own.join('') })
  for (const [name, { isAbsent }] of Object.entries(CASES)) {
    if (!isAbsent) slots.makeLive(name, 'blue')
  }
})
afterAll(async () => {
  await closed(app)
  await world.close()
  rmSync(files, { recursive: true })
})

describe.for(Object.keys(CASES))('%s', (name) => {
  test.for([
    ['a rendered site', ''],
    ['a site of your own', 'own.'],
  ])('does to visitors of %s what it says', async ([, prefix]) => {
    const host = `${prefix}${name}.test`
    await CASES[name]?.shows((path, options) => world.send(host, path, options), host)
  })
})

test('nginx -t has nothing to remark of all these, but that own sites have many variables', async () => {
  const remarks = (await world.nginx.check()).split('\n').filter((line) => line.includes('[warn]'))
  expect(remarks.filter((line) => !line.includes('variables_hash'))).toEqual([])
})

test('an app that says nothing of its site has the checksum of settings that it had before there were these keys', async () => {
  const { nginx, port, slots, show } = world
  await show({ plain: { blue: app, green: app, app: { domains: ['plain.test'], pauses: false } } })
  const file = readFileSync(join(nginx.directory, 'deploy-receiver.plain.conf'), 'utf8')
  const { green, ready, paused } = slots.flags('plain')
  const servers = [`127.0.0.1:${app.port}`]
  const settings = {
    app: 'plain',
    domains: ['plain.test'],
    flags: { green, paused, ready },
    listen: [`127.0.0.1:${port}`],
    pauses: false,
    trustedProxies: [],
    upstreams: { blue: servers, green: servers },
  }
  expect(sumsOf(file)?.settings).toBe(sha256(JSON.stringify(settings)))
})
