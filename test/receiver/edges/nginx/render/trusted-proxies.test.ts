import { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TOLD_HEADERS } from '../../../../../receiver/edges/nginx/render/trust.ts'
import { closed, openBehindNginx, startEcho } from '../behind-nginx.ts'

/** Whom the app `behind` trusts, and who stands beside them. */
const [BALANCER, CDN, STRANGER] = ['127.0.1.1', '127.0.2.9', '127.0.3.1']
let world: Awaited<ReturnType<typeof openBehindNginx>>
let app: Awaited<ReturnType<typeof startEcho>>

beforeAll(async () => {
  world = await openBehindNginx()
  app = await startEcho('app')
  const site = (domain: string, trustedProxies: string[]) => ({
    blue: app,
    green: app,
    app: { domains: [domain], pauses: false, site: { trustedProxies } },
  })
  const { snippets, port } = world
  await world.show(
    {
      plain: site('plain.test', []),
      behind: site('behind.test', ['127.0.1.1/32', '127.0.2.0/24', 'fd00::/8']),
    },
    {
      'own.conf': `server {
  listen 127.0.0.1:${port};
  server_name own.test;
  include ${snippets}/behind.slot;
  location / { include ${snippets}/behind.proxy; }
}
`,
    },
  )
  for (const name of ['plain', 'behind']) world.slots.makeLive(name, 'blue')
})
afterAll(async () => {
  await closed(app)
  await world.close()
})

const HTTPS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' }
/** Everything that somebody could say, and what an app is told of it. */
const said = Object.fromEntries(TOLD_HEADERS.map((name) => [name.toLowerCase(), `said ${name}`]))

describe.for(['behind.test', 'own.test'])('%s', (host) => {
  test.for<[string, string, Record<string, string>, { for: string; proto: string }]>([
    ['a balancer that ends TLS', BALANCER, HTTPS, { for: '203.0.113.9', proto: 'https' }],
    ['a proxy that says nothing', BALANCER, {}, { for: BALANCER, proto: 'http' }],
    [
      'a proxy that says the scheme alone',
      CDN,
      { 'x-forwarded-proto': 'https' },
      { for: CDN, proto: 'https' },
    ],
    [
      'two of them, one behind the other',
      BALANCER,
      { ...HTTPS, 'x-forwarded-for': `203.0.113.9, ${CDN}` },
      { for: '203.0.113.9', proto: 'https' },
    ],
    [
      'a visitor who says that he is another one',
      BALANCER,
      { ...HTTPS, 'x-forwarded-for': '6.6.6.6, 203.0.113.9' },
      { for: '203.0.113.9', proto: 'https' },
    ],
    [
      'a visitor by IPv6',
      CDN,
      { ...HTTPS, 'x-forwarded-for': '2001:db8::7' },
      {
        for: '2001:db8::7',
        proto: 'https',
      },
    ],
  ])('believes %s', async ([, from, headers, expected]) => {
    const { asked } = await world.send(host, '/', { from, headers: { ...said, ...headers } })
    expect(asked.headers).toMatchObject({
      ...said,
      host,
      'x-real-ip': expected.for,
      'x-forwarded-for': expected.for,
      'x-forwarded-proto': expected.proto,
    })
  })
})

test.for<[string, string]>([
  ['behind.test', STRANGER],
  ['own.test', STRANGER],
  ['plain.test', BALANCER],
])('%s believes nothing that %s says', async ([host, from]) => {
  const { asked } = await world.send(host, '/', { from, headers: { ...said, ...HTTPS } })
  expect(asked.headers).toMatchObject({
    host,
    'x-real-ip': from,
    'x-forwarded-for': from,
    'x-forwarded-proto': 'http',
  })
  expect(Object.keys(asked.headers).filter((name) => name in said)).toEqual([])
})

test('the next request on a connection is looked at anew', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const first = await world.send('behind.test', '/', { from: BALANCER, headers: HTTPS, agent })
  const next = await world.send('behind.test', '/', { from: BALANCER, agent })
  agent.destroy()
  expect([first, next].map(({ asked }) => asked.headers['x-forwarded-for'])).toEqual([
    '203.0.113.9',
    BALANCER,
  ])
})
