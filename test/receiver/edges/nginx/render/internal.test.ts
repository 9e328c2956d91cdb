import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { render } from '../../../../../receiver/edges/nginx/render/render.ts'
import { type Site, settingsOf } from '../../../../../receiver/edges/nginx/render/site.ts'
import { freePort } from '../../../../support/ports.ts'
import { BRIDGE, openBehindNginx, type Sending, startEcho } from '../behind-nginx.ts'

/** As containers come. */
const INSIDE = '127.7.0.9'
const LONG = `long-${'x'.repeat(58)}`

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []

async function pair(app: string) {
  const [blue, green] = [await startEcho(`${app} blue`), await startEcho(`${app} green`)]
  servers.push(blue, green)
  return { blue, green }
}

beforeAll(async () => {
  // as somebody may write it who has one site alone
  world = await openBehindNginx((port) => `${port} default_server`)
  const { port, slots } = world
  const nowhere = await freePort()
  await world.show(
    {
      api: {
        ...(await pair('api')),
        app: {
          domains: ['api.test'],
          pauses: true,
          health: { path: '/health.z' },
          site: { trustedProxies: ['127.7.0.5/32'] },
        },
      },
      own: await pair('own'),
      [LONG]: await pair('long'),
      never: { blue: { port: nowhere }, green: { port: nowhere } },
      taken: await pair('taken'),
    },
    {
      'other.conf': `server { listen ${port}; server_name taken.internal; location / { return 200 other; } }\n`,
    },
  )
  for (const app of ['api', 'own', LONG, 'taken']) slots.makeLive(app, 'blue')
})
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await world.close()
})

const come = (app: string, { path = '/', ...options }: Sending & { path?: string } = {}) =>
  world.send(`${app}.internal`, path, { from: INSIDE, ...options })

describe('the name that other containers have for an app', () => {
  test.each([['api'], ['own'], [LONG]])('is answered by the live slot: %s', async (app) => {
    for (const slot of ['blue', 'green', 'blue'] as const) {
      world.slots.makeLive(app, slot)
      const { status, asked } = await come(app, { path: '/a%20b?c=d' })
      expect(status).toBe(200)
      expect(asked).toMatchObject({
        name: `${app === LONG ? 'long' : app} ${slot}`,
        url: '/a%20b?c=d',
        headers: {
          host: `${app}.internal`,
          'x-forwarded-for': INSIDE,
          'x-forwarded-proto': 'http',
        },
      })
    }
  })

  test.each([['127.0.0.1'], ['127.7.1.1']])(
    'is closed to whoever comes from %s, at every path and whatever he says of himself',
    async (from) => {
      const headers = { 'x-forwarded-for': INSIDE, 'x-real-ip': INSIDE, forwarded: `for=${INSIDE}` }
      for (const app of ['api', 'own', LONG, 'never']) {
        const [near, other] = [`${internalPath(app)}/`, '/.well-known/deploy-receiver/served/x']
        for (const path of ['/', near, other]) {
          for (const method of ['GET', 'POST']) {
            const body = method === 'POST' ? { body: Buffer.from('x') } : {}
            await expect(come(app, { path, method, from, headers, ...body })).rejects.toMatchObject(
              {
                message: expect.stringMatching(/socket hang up|ECONNRESET|EPIPE/),
              },
            )
          }
        }
      }
      expect(await world.send('api.test', '/', { from })).toMatchObject({ status: 200 })
    },
  )

  test('is told to whoever knows the path of its file, as Docker hides that this machine asks', async () => {
    for (const app of ['api', 'own', LONG, 'never'])
      for (const from of ['127.0.0.1', INSIDE])
        expect(await come(app, { path: internalPath(app), from })).toMatchObject({
          status: 200,
          body: app,
        })
  })

  test('is believed in what it says of visitors only as far as the site trusts it', async () => {
    const headers = {
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.test',
    }
    const stranger = (await come('api', { headers })).asked.headers
    expect(stranger).toMatchObject({ 'x-forwarded-for': INSIDE, 'x-forwarded-proto': 'http' })
    expect(stranger).not.toHaveProperty('x-forwarded-host')
    const trusted = (await come('api', { headers, from: '127.7.0.5' })).asked.headers
    expect(trusted).toMatchObject(headers)
  })

  test('asks to wait before the first deployment, and while one version takes the place of another', async () => {
    expect(await come('never')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    world.slots.pause('api')
    expect(await come('api')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    world.slots.unpause('api')
    expect(await come('api')).toMatchObject({ status: 200 })
  })

  test('is answered while visitors are told that there is maintenance', async () => {
    for (const app of ['api', 'own']) {
      world.slots.setMaintenance(app, true)
      expect(await come(app)).toMatchObject({ status: 200 })
      world.slots.setMaintenance(app, false)
    }
  })

  test('a slow upload that began before a swap ends at the new slot', async () => {
    const { slots } = world
    const half = Buffer.alloc(200_000, 'a')
    slots.makeLive('own', 'blue')
    async function* body() {
      yield half
      // Nginx has chosen blue by now, as it does when it has the head of a request
      while ((await come('own')).asked.name !== 'own blue');
      slots.makeLive('own', 'green')
      const blue = servers[2]
      blue?.closeAllConnections()
      await new Promise((resolve) => blue?.close(resolve))
      yield half
    }
    const answer = await come('own', { path: '/upload', method: 'POST', body: body() })
    expect(answer).toMatchObject({ status: 200, asked: { name: 'own green', bytes: 400_000 } })
  })

  test('is asked for as containers do, and another site in its place is told', async () => {
    const { sites, port } = world
    const url = (app: string) => `http://${app}.internal:${port}`
    expect(await sites.look('api')).toMatchObject({ internalUrl: url('api') })
    expect(await sites.look('taken').catch((error: unknown) => error)).toMatchObject({
      message: expect.stringContaining('no site of Nginx includes'),
    })
    writeFileSync(
      join(world.nginx.directory, 'own.conf'),
      ['own', 'taken']
        .map(
          (app) =>
            `server { listen ${port}; server_name ${app}.test; include ${world.snippets}/${app}.slot; location / { include ${world.snippets}/${app}.proxy; } }\n`,
        )
        .join(''),
    )
    await world.nginx.reloaded(world.nginx.check)
    expect(await sites.look('own')).toMatchObject({ internalUrl: url('own') })
    expect(await sites.look('taken')).toEqual({
      url: `http://taken.test:${port}`,
      warning: `other containers do not come to taken by ${url('taken')}: ${BRIDGE.gateway}:${port} answers 200, which is not what Nginx was told of it. Another site of Nginx may have that name or address`,
    })
  })
})

const internalPath = (app: string): string => {
  const file = readFileSync(join(world.nginx.directory, `deploy-receiver.${app}.conf`), 'utf8')
  const [path = ''] = /\/\.well-known\/deploy-receiver\/internal\/[0-9a-f]+/.exec(file) ?? []
  expect(path).not.toBe('')
  return path
}

const SITE: Site = {
  app: 'api',
  domains: ['api.test'],
  listen: ['80', '[::]:80 ipv6only=off'],
  upstreams: { blue: ['10.213.0.10:8000'], green: ['10.213.0.11:8000'] },
  flags: { green: '/d/api/green', ready: '/d/api/ready', paused: '/d/api/paused' },
  pauses: false,
  trustedProxies: [],
  containers: '10.213.0.0/20',
  maintenance: { flag: '/d/api/maintenance', health: '/healthz' },
}

test('a name of a usual Nginx fits its tables, however long the app’s is', async () => {
  const dir = join(world.nginx.directory, '..')
  const file = join(dir, 'stock.conf')
  for (const length of [1, 36, 37, 38, 39, 63]) {
    const { conf } = render({ ...SITE, app: 'x'.repeat(length), domains: [] })
    writeFileSync(file, `events {}\npid ${dir}/stock.pid;\nhttp {\n${conf}\n}\n`)
    const flags = `-e ${dir}/stock.log -p ${dir} -c ${file}`
    const path = 'PATH="$PATH:/usr/sbin:/sbin"'
    await promisify(execFile)('/bin/sh', ['-c', `${path}; nginx -t -q ${flags}`])
  }
})

test('a domain of the app by that very name is served to everybody, and by one site', () => {
  const { conf } = render({ ...SITE, domains: ['api.internal'] })
  expect(conf.match(/server_name /g)).toHaveLength(1)
  expect(conf).not.toContain('444')
})

test('no option of a socket is said twice', () => {
  const { conf } = render(SITE)
  expect(conf.match(/^ {2}listen .*$/gm)).toEqual([
    '  listen 80;',
    '  listen [::]:80 ipv6only=off;',
    '  listen 80;',
    '  listen [::]:80;',
  ])
})

test('neither the network of the containers nor maintenance is a setting that an edited file stands in the way of', () => {
  const { containers: _c, maintenance: _m, ...before } = SITE
  expect(settingsOf(SITE)).toEqual(before)
})
