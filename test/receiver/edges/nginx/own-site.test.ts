import { Agent, request, type Server } from 'node:http'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { render } from '../../../../receiver/edges/nginx/render/render.ts'
import { withRevision } from '../../../../receiver/edges/nginx/render/served.ts'
import { freePort } from '../../../support/ports.ts'
import { closed, openBehindNginx, startEcho } from './behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []

/** An app with a server of its own in each slot. */
async function pair(app: string) {
  const [blue, green] = [await startEcho(`${app} blue`), await startEcho(`${app} green`)]
  servers.push(blue, green)
  return { blue, green }
}

let one: Awaited<ReturnType<typeof pair>>
beforeAll(async () => {
  world = await openBehindNginx()
  const { slots, port, snippets, nginx } = world
  one = await pair('one')
  const nowhere = { blue: { port: await freePort() }, green: { port: await freePort() } }
  const apps = {
    one,
    two: await pair('two'),
    auth: await pair('auth'),
    never: nowhere,
    lock: { ...(await pair('lock')), app: { domains: [], pauses: true } },
    old: await pair('old'),
    'old-never': nowhere,
    'old-lock': { ...nowhere, app: { domains: [], pauses: true } },
  }
  for (const app of Object.keys(apps)) if (!app.endsWith('never')) slots.makeLive(app, 'blue')
  const slot = (...names: string[]) =>
    names.map((app) => `  include ${snippets}/${app}.slot;\n`).join('')
  const proxy = (app: string) => `include ${snippets}/${app}.proxy;`
  const files = join(nginx.directory, '../files')
  mkdirSync(files)
  writeFileSync(join(files, 'static.txt'), 'a file\n')
  await world.show(apps, {
    'own.conf': `server {
  open_file_cache max=100 inactive=10m;
  open_file_cache_valid 10m;
  listen 127.0.0.1:${port};
  server_name own.test;
  add_header X-Mine yes always;
${slot('one', 'two', 'auth', 'never', 'lock')}
  location / { ${proxy('one')} add_header X-Here yes always; }
  location /two/ { ${proxy('two')} rewrite ^/two/(.*)$ /$1 break; }
  location /never/ { ${proxy('never')} }
  location /lock/ { ${proxy('lock')} }
  location = /exact { ${proxy('two')} }
  location ~ ^/re/[a-z]+$ { ${proxy('two')} proxy_set_header X-Original-URL $request_uri; }
  location /outer/ { ${proxy('one')} location /outer/inner/ { ${proxy('two')} } }
  location /files/ { root ${files}; try_files /static.txt @named; }
  location /none/ { root ${files}; try_files $uri @named; }
  location @named { ${proxy('two')} }
  location /closed/ { auth_request /ask; ${proxy('one')} }
  location = /ask { internal; ${proxy('auth')} proxy_pass_request_body off; }
  location /if/ { ${proxy('one')} if ($arg_x) { set $mine $arg_x; } proxy_set_header X-Mine $mine; }
}
`,
    'old.conf': ['old', 'old-never', 'old-lock']
      .map((app) => oldSite(app, { port, slot }))
      .join(''),
  })
})
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await world.close()
})

/** As the docs of older versions have it. */
const oldSite = (
  app: string,
  { port, slot }: { port: number; slot: (app: string) => string },
) => `server {
  listen 127.0.0.1:${port};
  server_name ${app}.test;
${slot(app)}
  location / {
    proxy_pass http://$deploy_${app.replace('-', '_')};
    error_page 502 504 = @deploy_${app.replace('-', '_')}_moved;
    proxy_http_version 1.1;
    proxy_set_header Connection $ws_deploy_${app.replace('-', '_')};
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $host;
  }
}
`
const get = (path: string, host = 'own.test') => world.send(host, path)

describe('a site of your own that includes both snippets', () => {
  test.for<[string, string, string]>([
    ['/', 'one blue', '/'],
    ['/two/a?b=c%20d', 'two blue', '/a?b=c%20d'],
    ['/exact', 'two blue', '/exact'],
    ['/re/abc', 'two blue', '/re/abc'],
    ['/outer/a%2Fb', 'one blue', '/outer/a%2Fb'],
    ['/outer/inner/a', 'two blue', '/outer/inner/a'],
    ['/none/here', 'two blue', '/none/here'],
    ['/closed/door', 'one blue', '/closed/door'],
    ['/if/?x=1', 'one blue', '/if/?x=1'],
  ])('sends %s to %s', async ([path, name, url]) => {
    const { status, asked, headers } = await get(path)
    expect({ status, name: asked.name, url: asked.url }).toEqual({ status: 200, name, url })
    expect(headers).toMatchObject(path === '/' ? { 'x-here': 'yes' } : { 'x-mine': 'yes' })
  })

  test('keeps its own files, and headers that it sets for the app itself', async () => {
    expect((await get('/files/')).body).toBe('a file\n')
    const { asked } = await get('/re/abc')
    expect(asked.headers).toMatchObject({ 'x-original-url': '/re/abc', host: 'own.test' })
    expect((await get('/if/?x=1')).asked.headers['x-mine']).toBe('1')
  })

  test('answers 503 where nothing was deployed yet, and nowhere else', async () => {
    expect(await get('/never/')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: expect.stringContaining('never is being deployed'),
    })
    expect(await get('/two/')).toMatchObject({ status: 200 })
  })

  test('asks to wait where an app is paused, and nowhere else', async () => {
    world.slots.pause('lock')
    expect(await get('/lock/')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(await get('/')).toMatchObject({ status: 200 })
    world.slots.unpause('lock')
    expect(await get('/lock/')).toMatchObject({ status: 200 })
  })

  test("passes on the app's own 503", async () => {
    expect(await get('/broken')).toMatchObject({ status: 503, asked: { name: 'one blue' } })
  })

  test('takes 10 kB of cookies from the app, and 50 MB from a visitor', async () => {
    const { status, headers } = await get('/cookies')
    expect(status).toBe(200)
    expect(headers['set-cookie']?.join('').length).toBeGreaterThan(10_000)
    const body = Buffer.alloc(50 * 1024 ** 2, 'x')
    const answer = await world.send('own.test', '/upload', { method: 'POST', body })
    expect(answer).toMatchObject({ status: 200, asked: { bytes: body.length } })
  })

  test('passes events on as they come', async () => {
    const stopped = new AbortController()
    const first = await new Promise<string>((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: world.port,
          path: '/events',
          headers: { host: 'own.test' },
          signal: stopped.signal,
        },
        (response) => {
          response.on('error', () => {})
          response.once('data', (chunk: Buffer) => resolve(String(chunk)))
        },
      )
        .once('error', reject)
        .end()
    })
    stopped.abort()
    expect(first).toBe('data: first\n\n')
  })
})

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

test.each([
  ['with both snippets, below an open_file_cache', 'own.test', '/two/', 'two'],
  ['as older versions had it', 'old.test', '/', 'old'],
])(
  'a site %s swaps under keep-alive GET and POST without a failed request',
  async (_, host, path, app) => {
    let [asked, stop] = [0, false]
    const answers = new Set<string>()
    const body = Buffer.alloc(2000, 'x')
    const client = async (method: string) => {
      while (!stop) {
        const options = { method, agent, ...(method === 'POST' ? { body } : {}) }
        answers.add(
          await world.send(host, path, options).then(
            ({ status, asked: by }) => `${status} ${by.name}`,
            (error: unknown) => String(error),
          ),
        )
        asked += 1
      }
    }
    const clients = ['GET', 'GET', 'POST', 'POST'].map(client)
    for (let swap = 0; swap < 20; swap++) {
      const slot = swap % 2 === 0 ? 'green' : 'blue'
      const until = asked + 25
      world.slots.makeLive(app, slot)
      while (asked < until) await new Promise((resolve) => setImmediate(resolve))
      expect((await get(path, host)).asked.name).toBe(`${app} ${slot}`)
    }
    stop = true
    await Promise.all(clients)
    expect([...answers].toSorted()).toEqual([`200 ${app} blue`, `200 ${app} green`])
  },
)

describe('a site as older versions had it', () => {
  const wait = { status: 503, headers: { 'retry-after': '5', 'content-type': 'text/html' } }

  test('asks to wait where nothing was deployed yet', async () => {
    const answer = await get('/', 'old-never.test')
    expect(answer).toMatchObject(wait)
    expect(answer.body).toContain('old-never is being deployed')
  })

  test('asks to wait while the app is paused, and no longer', async () => {
    world.slots.pause('old-lock')
    expect(await get('/', 'old-lock.test')).toMatchObject(wait)
    world.slots.unpause('old-lock')
    expect(await get('/', 'old-lock.test')).toMatchObject({ status: 502 })
  })
})

test('a slow upload that began before a swap ends at the new slot, also in a site of your own', async () => {
  const { slots } = world
  const half = Buffer.alloc(200_000, 'a')
  slots.makeLive('one', 'blue')
  async function* body() {
    yield half
    // Nginx has chosen blue by now, as it does when it has the head of a request
    while ((await get('/')).asked.name !== 'one blue');
    slots.makeLive('one', 'green')
    await closed(one.blue)
    yield half
  }
  const answer = await world.send('own.test', '/upload', { method: 'POST', body: body() })
  expect(answer).toMatchObject({ status: 200, asked: { name: 'one green', bytes: 400_000 } })
})

test('nginx -t has nothing to remark of 45 apps with sites, five of them also in a server block of your own', async () => {
  const { nginx, port, slots } = world
  const apps = Array.from({ length: 45 }, (_, at) => `application-number-${at}`)
  const texts = apps.map((app) =>
    withRevision(
      'ours',
      render({
        app,
        domains: [`${app}.test`],
        listen: [`127.0.0.1:${port}`],
        upstreams: { blue: ['127.0.0.1:1'], green: ['127.0.0.1:2'] },
        flags: slots.flags(app),
        pauses: true,
        trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
        containers: '10.213.0.0/20',
        maintenance: { flag: slots.flags(app).maintenance },
      }),
    ),
  )
  const own = texts
    .slice(0, 5)
    .map(({ slot, proxy }, at) => `${slot}location /${at}/ { ${proxy} }\n`)
  const many = `${texts.map(({ conf }) => conf).join('')}
server { listen 127.0.0.1:${port}; server_name many.test; ${own.join('')} }
`
  writeFileSync(join(nginx.directory, 'many.conf'), many)
  expect(await nginx.check()).not.toContain('warn')
})
