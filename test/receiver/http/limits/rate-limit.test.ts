import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTokenBuckets } from '../../../../receiver/http/limits/token-buckets.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { startIssuer } from '../../../support/oidc-issuer.ts'
import {
  audienceOf,
  basic,
  codeOf,
  KINDS,
  type Kind,
  packageEvent,
  post,
} from '../hooks/signed-hooks.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld({ rateLimit: { burst: 5, perSecond: 0.01 } })
})
afterEach(() => world.stop())

const wrong = (from: string) => post(world, '{}', { from, headers: basic('api', 'x'.repeat(30)) })
const right = (from: string) => post(world, '{}', { from, headers: basic('api', world.token) })

async function exhaust(from: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) expect((await wrong(from)).status).toBe(401)
}

test('an address whose requests are rejected gets 429 with Retry-After', async () => {
  await exhaust('198.51.100.1')
  const response = await wrong('198.51.100.1')
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toBe('100')
  expect(response.headers.get('connection')).toBe('close')
  expect(response.headers.has('www-authenticate')).toBe(false)
  expect(await codeOf(response)).toBe('too_many_requests')
})

test('the entry in the audit trail names the address, and nobody as its sender', async () => {
  await exhaust('198.51.100.1')
  await wrong('198.51.100.1')
  expect(world.audit().at(-1)).toMatchObject({
    address: '198.51.100.1',
    sender: { kind: 'none' },
    outcome: 'rejected',
    reason: 'too many rejected requests from this address',
  })
})

test('with time an address is heard again', async () => {
  await exhaust('198.51.100.1')
  world.clock.ms += 100_000
  expect((await wrong('198.51.100.1')).status).toBe(401)
  expect((await wrong('198.51.100.1')).status).toBe(429)
})

test('a limit that a reload brings holds for the next request', async () => {
  await exhaust('198.51.100.1')
  world.services.buckets = createTokenBuckets({ burst: 2, perSecond: 1 }, () => world.clock.ms)
  const answers = [await wrong('198.51.100.1'), await wrong('198.51.100.1')]
  expect(answers.map(({ status }) => status)).toStrictEqual([401, 401])
  expect((await wrong('198.51.100.1')).status).toBe(429)
})

test('neighbours in one IPv6 network share a limit, and others do not', async () => {
  for (let host = 1; host <= 5; host++) await wrong(`2001:db8::${host}`)
  expect((await wrong('2001:db8::6')).status).toBe(429)
  expect((await wrong('2001:db8:0:1::6')).status).toBe(401)
})

test('nobody is limited on the local socket', async () => {
  for (let attempt = 0; attempt < 10; attempt++) {
    expect((await world.local.request('/apps/nothing')).status).toBe(404)
  }
  await exhaust('198.51.100.1')
  const env = { incoming: { socket: { remoteAddress: '198.51.100.1' } } }
  expect((await world.local.request('/apps', {}, env)).status).toBe(200)
})

test('a key is not locked out by what others send with a wrong one', async () => {
  await exhaust('198.51.100.1')
  expect((await right('198.51.100.2')).status).toBe(202)
})

describe('from an address that floods', () => {
  const flood = async () => {
    await exhaust('198.51.100.1')
    for (let more = 0; more < 20; more++) {
      expect((await wrong('198.51.100.1')).status).toBe(429)
    }
  }

  test.for(Object.keys(KINDS) as Kind[])('a right %s hook is taken', async (kind) => {
    await flood()
    const body = kind === 'github' ? packageEvent() : '{}'
    const headers = await KINDS[kind](world, body)
    expect((await post(world, body, { from: '198.51.100.1', headers })).status).toBe(202)
  })

  test.for(Object.keys(KINDS) as Kind[])('a wrong %s hook is 429, not 401', async (kind) => {
    await flood()
    const headers = await KINDS[kind](world, '{}')
    const sent = { from: '198.51.100.1', headers, path: '/hooks/web' }
    const response = await post(world, '{"x":1}', sent)
    expect(response.status).toBe(429)
    expect(await codeOf(response)).toBe('too_many_requests')
  })

  test('a right token reads, and a wrong one is 429', async () => {
    await flood()
    const read = async (token: string) =>
      world.app.request(
        '/apps',
        {
          headers: {
            host: 'deploy.example.com',
            authorization: `Bearer ${token}`,
            'x-forwarded-for': '198.51.100.1',
          },
        },
        { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
      )
    expect((await read(world.readToken)).status).toBe(200)
    expect((await read('wrong')).status).toBe(429)
  })

  test('what is turned away is not counted: the address is heard again at the same time', async () => {
    await flood()
    world.clock.ms += 100_000
    expect((await wrong('198.51.100.1')).status).toBe(401)
  })

  test('tokens of a forged key make nobody ask the issuer again', async () => {
    await flood()
    const forger = await startIssuer({ nowMs: () => world.clock.ms })
    for (let more = 0; more < 20; more++) {
      const token = await forger.mint({ iss: world.issuer.url }, audienceOf('{}'))
      const headers = { authorization: `Bearer ${token}` }
      expect((await post(world, '{}', { from: '198.51.100.1', headers })).status).toBe(429)
    }
    await forger.stop()
    // its discovery document and its keys, once because they are new and once because of the key
    expect(world.issuer.requests.length).toBeLessThanOrEqual(4)
  })
})

test('right requests are never counted', async () => {
  for (let request = 0; request < 20; request++) {
    expect((await right('198.51.100.1')).status).toBe(202)
  }
})

test('a forged X-Forwarded-For does not help: the entry of our proxy counts', async () => {
  for (let attempt = 0; attempt < 5; attempt++) await wrong(`6.6.6.${attempt}, 198.51.100.1`)
  expect((await wrong('7.7.7.7, 198.51.100.1')).status).toBe(429)
})

test('reading with wrong tokens is limited too, and /healthz is not', async () => {
  const read = (path: string) =>
    world.app.request(
      path,
      { headers: { authorization: 'Bearer wrong', 'x-forwarded-for': '198.51.100.1' } },
      { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
    )
  for (let attempt = 0; attempt < 5; attempt++) expect((await read('/apps')).status).toBe(401)
  expect((await read('/apps')).status).toBe(429)
  expect((await read('/healthz')).status).toBe(200)
})

test('bodies of strangers are read a few at a time: others get 503 with Retry-After', async () => {
  const bodies: ReadableStreamDefaultController[] = []
  const drip = async (from: string) =>
    world.app.request(
      '/hooks/api',
      {
        method: 'POST',
        headers: {
          host: 'deploy.example.com',
          'x-forwarded-for': from,
          ...basic('api', 'x'.repeat(30)),
        },
        body: new ReadableStream({ start: (controller) => void bodies.push(controller) }),
        duplex: 'half',
      },
      { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
    )
  const held = Array.from({ length: 8 }, () => drip('198.51.100.1'))
  const ninth = await drip('198.51.100.1')
  expect(ninth.status).toBe(503)
  expect(ninth.headers.get('retry-after')).toBe('1')
  expect((await right('198.51.100.2')).status).toBe(202)
  for (const body of bodies.slice(0, 8)) body.close()
  expect((await Promise.all(held)).map(({ status }) => status)).toStrictEqual(Array(8).fill(401))
})
