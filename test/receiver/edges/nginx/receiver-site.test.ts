import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ConfiguredReceiver } from '../../../../receiver/edges/nginx/receiver-site.ts'
import { createSites, type SiteFiles } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'
import { closed, send, startEcho } from './behind-nginx.ts'

let workspace: Workspace
let nginx: PrivateNginx
let hooks: Awaited<ReturnType<typeof startEcho>>
let port: number
let receiver: ConfiguredReceiver
const SAME = { port: 8000, replicas: 1 }
const FILE = 'deploy-receiver.url.deploy.test.conf'

beforeAll(async () => {
  workspace = openWorkspace()
  nginx = await startNginx({ dir: workspace.folder('nginx') })
  hooks = await startEcho('receiver')
})
beforeEach(async () => {
  for (const file of readdirSync(nginx.directory)) rmSync(join(nginx.directory, file))
  port = await freePort()
  receiver = {
    url: 'https://deploy.test',
    listen: { host: '127.0.0.1', port: hooks.port },
    site: { trustedProxies: [] },
  }
})
afterAll(async () => {
  await closed(hooks)
  await workspace.close()
})

const sites = (installation = INSTALLATION.id, listen = [`127.0.0.1:${port}`]): SiteFiles =>
  createSites({
    installation,
    nginx: { ...nginx, listen },
    app: (name) => ({ domains: [`${name}.test`], pauses: false }),
    apps: () => [],
    receiver: () => receiver,
    flags: createSlots(join(workspace.dir, 'data')).flags,
    address: () => '127.0.0.1',
  })

const ensure = (of = sites()) => {
  let done: Awaited<ReturnType<SiteFiles['receiver']['ensure']>> = { changed: false, warnings: [] }
  return nginx
    .reloaded(async () => {
      const before = readdirSync(nginx.directory).map((file) => read(file))
      done = await of.receiver.ensure('leave')
      const after = readdirSync(nginx.directory).map((file) => read(file))
      // otherwise it did itself
      if (before.join('') === after.join('')) await nginx.check()
    })
    .then(() => done)
}
const put = (file: string, text: string) => writeFileSync(join(nginx.directory, file), text)
const read = (file = FILE) => readFileSync(join(nginx.directory, file), 'utf8')
const get = (host: string, path = '/', from = '127.0.0.1') =>
  send({ port, host, path, from, headers: { 'x-forwarded-for': '203.0.113.9' } }).then(
    ({ status, asked }) => ({ status, asked }),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
const NO_ANSWER = 'ECONNRESET'

describe("the receiver's own site", () => {
  test('is served without any app, with who asks, and nobody else is', async () => {
    expect(await ensure()).toEqual({ changed: true, warnings: [] })
    const { url } = (await sites().receiver.ask()) ?? {}
    expect(url).toBe(`http://deploy.test:${port}`)
    expect(await get('deploy.test', '/hooks/api?x=%20', '127.0.0.5')).toMatchObject({
      status: 200,
      asked: {
        url: '/hooks/api?x=%20',
        headers: { host: 'deploy.test', 'x-forwarded-for': '127.0.0.5' },
      },
    })
    expect(await get('other.test')).toBe(NO_ANSWER)
    expect(await sites().receiver.unknownNames()).toBe(`127.0.0.1:${port}: no answer (444)`)
    expect(read()).toContain('proxy_read_timeout 700s;')
    expect(sites().edits({})).toEqual([])
  })

  test('takes what a hook may have and no more, and passes events on as they come', async () => {
    await ensure()
    const post = (bytes: number) =>
      send({ port, host: 'deploy.test', path: '/', method: 'POST', body: Buffer.alloc(bytes) })
    expect(await post(64 * 1024)).toMatchObject({ status: 200, asked: { bytes: 64 * 1024 } })
    expect((await post(64 * 1024 + 1)).status).toBe(413)
    const stopped = new AbortController()
    const { signal } = stopped
    const first = await new Promise<string>((resolve, reject) => {
      const headers = { host: 'deploy.test' }
      request({ host: '127.0.0.1', port, path: '/events', headers, signal }, (response) => {
        response.on('error', () => {})
        response.once('data', (chunk: Buffer) => resolve(String(chunk)))
      })
        .once('error', reject)
        .end()
    })
    stopped.abort()
    expect(first).toBe('data: first\n\n')
  })

  test('knows the sender by the proxies that all sites trust', async () => {
    receiver = { ...receiver, site: { trustedProxies: ['127.0.0.7/32'] } }
    await ensure()
    const seen = async (from: string) => {
      const met = await get('deploy.test', '/', from)
      return typeof met === 'string' ? met : met.asked.headers['x-forwarded-for']
    }
    expect([await seen('127.0.0.7'), await seen('127.0.0.8')]).toEqual(['203.0.113.9', '127.0.0.8'])
  })

  test('is below the path of url', async () => {
    receiver = { ...receiver, url: 'https://deploy.test/deploy' }
    await ensure()
    expect(await get('deploy.test', '/deploy/hooks/a')).toMatchObject({
      asked: { url: '/hooks/a' },
    })
    expect(await get('deploy.test', '/hooks/a')).toMatchObject({ status: 404 })
  })

  test('waits until a site of somebody with that name is gone', async () => {
    put('deploy.conf', `server { listen 127.0.0.1:${port}; server_name deploy.test; return 418; }`)
    const { notice } = await ensure()
    expect(notice).toContain(
      `deploy.test has a site of your own, in ${nginx.directory}/deploy.conf`,
    )
    expect(await sites().receiver.notice()).toBe(notice)
    expect(await get('deploy.test')).toMatchObject({ status: 418 })
    expect(await get('other.test')).toBe(NO_ANSWER)
    rmSync(join(nginx.directory, 'deploy.conf'))
    expect(await ensure()).not.toHaveProperty('notice')
    expect(await get('deploy.test')).toMatchObject({ status: 200 })
    put('zz.conf', `server { listen 127.0.0.1:${port}; server_name deploy.test; return 418; }`)
    expect((await ensure()).notice).toContain('zz.conf')
    expect(await get('deploy.test')).toMatchObject({ status: 418 })
  })

  test('goes when it is left to the user, and to another host with url', async () => {
    await ensure()
    receiver = { ...receiver, url: 'https://other.test/' }
    await ensure()
    expect(readdirSync(nginx.directory)).toEqual(['deploy-receiver.url.other.test.conf'])
    expect(await get('other.test')).toMatchObject({ status: 200 })
    expect(await get('deploy.test')).toBe(NO_ANSWER)
    receiver = { url: receiver.url, listen: receiver.listen }
    expect(await ensure()).not.toHaveProperty('notice')
    expect(await sites().receiver.ask()).toBeUndefined()
    expect(await get('other.test')).toBe(NO_ANSWER)
  })

  test.for<[string, string, RegExp]>([
    ['has no name that a site can have', 'http://[::1]', /nothing that a site/],
    [
      'has a port at which Nginx does not listen',
      'https://deploy.test:9',
      /port 9, which nginx.listen has not/,
    ],
  ])('is none when url %s', async ([, url, says]) => {
    receiver = { ...receiver, url }
    expect((await ensure()).notice).toMatch(says)
    expect(await get('deploy.test')).toBe(NO_ANSWER)
  })

  test('leaves that of another receiver alone', async () => {
    await ensure()
    const before = read()
    expect((await ensure(sites('theirs'))).notice).toContain("is another receiver's")
    expect(read()).toBe(before)
  })

  test('is not written where nobody knows whether there is one', async () => {
    const of = createSites({
      installation: INSTALLATION.id,
      nginx: { ...nginx, test: 'true', listen: [`127.0.0.1:${port}`] },
      app: () => undefined,
      receiver: () => receiver,
      flags: createSlots(workspace.dir).flags,
      address: () => '',
    })
    expect((await of.receiver.ensure('leave')).notice).toContain('cannot be seen')
    expect(existsSync(join(nginx.directory, FILE))).toBe(false)
  })
})

describe('names that no site has', () => {
  test.for([
    ['default_server', 'default_server', 'server_name a.test;'],
    ['no name', '', ''],
    ['the name _', '', 'server_name _;'],
  ])('are left to a site with %s', async ([, parameter, name]) => {
    put('a.conf', `server { listen 127.0.0.1:${port} ${parameter}; ${name} return 418; }`)
    await ensure()
    expect(await get('other.test')).toMatchObject({ status: 418 })
    expect(await get('deploy.test')).toMatchObject({ status: 200 })
    expect(await sites().receiver.unknownNames()).toContain('a.conf')
  })

  test('are not those of a site that only happens to be the first', async () => {
    put('a.conf', `server { listen 127.0.0.1:${port}; server_name a.test; return 418; }`)
    await ensure()
    expect(await get('other.test')).toBe(NO_ANSWER)
    expect(await get('a.test')).toMatchObject({ status: 418 })
  })

  test('are looked at for each address by itself', async () => {
    const other = await freePort()
    put('a.conf', `server { listen 127.0.0.1:${other} default_server; return 418; }`)
    const both = sites(INSTALLATION.id, [`127.0.0.1:${port}`, `127.0.0.1:${other}`])
    await ensure(both)
    expect(read().match(/listen \S+ default_server;/g)).toEqual([
      `listen 127.0.0.1:${port} default_server;`,
    ])
    const said = await both.receiver.unknownNames()
    expect(said).toContain(`127.0.0.1:${port}: no answer (444); 127.0.0.1:${other}: what `)
  })

  test.for(['a.conf', 'zz.conf'])(
    'are two default servers when %s comes later: both are named, and ours goes',
    async (file) => {
      await ensure()
      put(file, `server { listen 127.0.0.1:${port} default_server; server_name _; return 418; }`)
      await expect(sites().ensure({ app: { blue: SAME, green: SAME } })).rejects.toMatchObject({
        code: 'nginx_failed',
        message: `${nginx.directory}/${FILE} and ${nginx.directory}/${file} both are the default_server of 127.0.0.1:${port}`,
        hint: expect.stringContaining('deploy-receiver reload'),
      })
      await ensure()
      expect(await get('other.test')).toMatchObject({ status: 418 })
      expect(await get('deploy.test')).toMatchObject({ status: 200 })
      rmSync(join(nginx.directory, file))
      await ensure()
      expect(await get('other.test')).toBe(NO_ANSWER)
    },
  )
})
