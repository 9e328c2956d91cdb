import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TokenError } from '../../../../receiver/core/intake/oidc-token.ts'
import { createApp, createEntrance } from '../../../../receiver/http/app.ts'
import { createBodyGate } from '../../../../receiver/http/limits/body-gate.ts'
import { createTokenBuckets } from '../../../../receiver/http/limits/token-buckets.ts'
import { type Answering, close, listen } from '../../../../receiver/http/listen.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { CASES } from '../../../support/malformed-requests.ts'
import { type Heard, sendRaw } from '../../../support/raw.ts'
import { basic, bearer, github, KINDS, type Kind, webhook } from './signed-hooks.ts'

/** One receiver with the gate before its routes, one with its routes alone. */
let gated: HttpWorld
let plain: HttpWorld
let ports: Map<HttpWorld, number>
let servers: Server[]
beforeEach(async () => {
  servers = []
  ports = new Map()
  ;[gated, plain] = await Promise.all([startHttpWorld(), startHttpWorld()])
  for (const world of [gated, plain]) {
    world.services.bodies = createBodyGate({
      atOnce: 1000,
      perAddress: 1000,
      maxWaiting: 0,
      waitMs: 1,
    })
    world.clock.ms = Date.now()
  }
  await serve(gated, createEntrance(gated.services, 'public'))
  await serve(plain, createApp(plain.services, 'public'))
})
afterEach(async () => {
  await Promise.all(servers.map((server) => close(server)))
  await Promise.all([gated.stop(), plain.stop()])
})

async function serve(world: HttpWorld, answering: Answering): Promise<void> {
  const server = await listen(answering, { key: 'listen', host: '127.0.0.1', port: 0 })
  servers.push(server)
  ports.set(world, (server.address() as AddressInfo).port)
}

const send = (world: HttpWorld, bytes: string): Promise<Heard> =>
  sendRaw(ports.get(world) ?? 0, bytes)

type Headers = Record<string, string>

const hook = (body: string, headers: Headers, target = '/hooks/api'): string =>
  `POST ${target} HTTP/1.1\r\n${Object.entries({
    host: 'deploy.example.com',
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-forwarded-for': '192.0.2.7',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`

/** What came back, without what is each time another, and in whatever order its headers came. */
function told({ text, statuses }: Heard) {
  const lines = text
    .replace(/dep_[0-9a-z]{20}/g, 'DEPLOYMENT')
    .replace(/"token":"[^"]*"/g, 'TOKEN')
    .replace(/(request.id": ?"|request-id: )(?!a1b2)[0-9a-f]{32}/g, '$1ID')
    .replace(/"created_at":"[^"]*"/g, 'TIME')
    .split('\r\n')
    .map((line) => line.replace(/^[\w-]+:/, (name) => name.toLowerCase()))
    .filter((line) => !/^(?:date|content-length):/.test(line))
  return { statuses, lines: lines.toSorted() }
}

/** What is kept of all that came, without what is each time another. */
const kept = (world: HttpWorld): string[] =>
  world
    .audit()
    .map(({ sender, count, outcome, app, address, reason, code, request }) =>
      JSON.stringify({
        kind: sender.kind,
        count,
        outcome,
        app,
        address,
        code,
        request,
        reason: reason?.replaceAll(/http:\S+/g, 'ISSUER'),
      }),
    )
    .toSorted()

const WRONG = 'x'.repeat(30)
const kinds = Object.keys(KINDS) as Kind[]

/** Requests of all kinds, right and wrong, as they are for a world. */
const REQUESTS: readonly (readonly [
  name: string,
  make: (world: HttpWorld) => string | Promise<string>,
])[] = [
  ...kinds.map(
    (kind) =>
      [
        `a right ${kind} hook`,
        async (world: HttpWorld) => hook('{}', await KINDS[kind](world, '{}')),
      ] as const,
  ),
  ...kinds.map(
    (kind) =>
      [
        `a ${kind} hook for another body`,
        async (world: HttpWorld) => hook('{ }', await KINDS[kind](world, '{}')),
      ] as const,
  ),
  ...kinds.map(
    (kind) =>
      [
        `a ${kind} hook for an app that does not exist`,
        async (world: HttpWorld) => hook('{}', await KINDS[kind](world, '{}'), '/hooks/nothing'),
      ] as const,
  ),
  ...kinds.map(
    (kind) =>
      [
        `a ${kind} hook of another app`,
        async (world: HttpWorld) => hook('{}', await KINDS[kind](world, '{}'), '/hooks/web'),
      ] as const,
  ),
  ['no credentials', () => hook('{}', {})],
  ['two kinds at once', (world) => hook('{}', { ...basic('api', WRONG), ...webhook(world, '{}') })],
  ['another scheme', () => hook('{}', { authorization: 'Digest abc' })],
  ['an old signature', (world) => hook('{}', webhook(world, '{}', { timestamp: 1 }))],
  ['half of the headers', () => hook('{}', { 'webhook-id': 'msg_1' })],
  [
    'a token of nobody',
    async (world) => hook('{}', await bearer(world, '{}', { iss: 'https://issuer.example' })),
  ],
  ['a forbidden claim', async (world) => hook('{}', await bearer(world, '{}', { ref: 'x' }))],
  ['another host', () => hook('{}', { ...basic('api', WRONG), host: 'evil.example' })],
  ['a query', () => hook('{}', basic('api', WRONG), '/hooks/api?x=1')],
  ['an encoded name', (world) => hook('{}', basic('api', world.token), '/hooks/%61pi')],
  ['a path that goes up', () => hook('{}', basic('api', WRONG), '/hooks/..')],
  ['a longer path', () => hook('{}', basic('api', WRONG), '/hooks/api/x')],
  ['another method', () => hook('{}', basic('api', WRONG)).replace('POST', 'PUT')],
  [
    'an id of the proxy',
    () => hook('{}', { ...basic('api', WRONG), 'x-request-id': 'a1b2'.repeat(8) }),
  ],
  [
    'addresses',
    () => hook('{}', { ...basic('api', WRONG), 'x-forwarded-for': '2001:DB8::1, 127.0.0.1' }),
  ],
  ['JSON that is none', (world) => hook('{', basic('api', world.token))],
  [
    'a body that is announced as too long',
    () => hook('', { ...basic('api', WRONG), 'content-length': '65537' }),
  ],
  [
    'a body that is too long',
    () =>
      hook(`11171\r\n${'x'.repeat(70_001)}\r\n0\r\n\r\n`, {
        ...basic('api', WRONG),
        'transfer-encoding': 'chunked',
      }).replace(/content-length: \d+\r\n/, ''),
  ],
  [
    'an event of GitHub with a wrong secret',
    () => hook('{"zen":"x"}', github(WRONG, '{"zen":"x"}', 'ping')),
  ],
  ...CASES.filter(([, statuses]) => statuses.length > 0).map(
    ([name, , bytes]) => [name, () => bytes] as const,
  ),
]

test('the gate answers as the routes do, and leaves the same behind', async () => {
  await Promise.all(
    REQUESTS.map(async ([name, make]) => {
      const [ours, theirs] = await Promise.all(
        [gated, plain].map(async (world) => send(world, await make(world))),
      )
      expect({ name, ...(ours && told(ours)) }).toEqual({ name, ...(theirs && told(theirs)) })
    }),
  )
  expect(gated.hooked.toSorted()).toEqual(plain.hooked.toSorted())
  expect(kept(gated)).toEqual(kept(plain))
  expect(gated.woken).toEqual(plain.woken)
})

test('an address that is rejected too often is told so, and a right hook of it is taken', async () => {
  const heard = []
  for (const world of [gated, plain]) {
    world.services.buckets = createTokenBuckets({ burst: 1, perSecond: 0.01 }, () => 0)
    const wrong = hook('{}', basic('api', WRONG))
    const right = hook('{}', basic('api', world.token))
    const all = []
    for (const bytes of [wrong, wrong, right]) all.push(told(await send(world, bytes)))
    heard.push(all)
  }
  expect(heard[0]?.map(({ statuses }) => statuses)).toEqual([[401], [429], [202]])
  expect(heard[0]).toEqual(heard[1])
  expect(kept(gated)).toEqual(kept(plain))
})

test('without Hono what is not authentic is refused, and what passes is verified once', async () => {
  const fetch = vi.fn(createApp(gated.services, 'public').fetch)
  const verifications: string[] = []
  const { bodies } = gated.services
  gated.services.bodies = {
    enter(address, work) {
      verifications.push(address)
      return bodies.enter(address, work)
    },
  }
  await serve(gated, { ...createEntrance(gated.services, 'public'), fetch })
  await send(gated, hook('{}', basic('api', WRONG)))
  expect(fetch).toHaveBeenCalledTimes(0)
  expect((await send(gated, hook('{}', basic('api', gated.token)))).statuses).toEqual([202])
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(verifications).toHaveLength(2)
})

test('a refusal before the end of a body leaves that to the server, with one id', async () => {
  const [head = ''] = hook('{}', { 'content-length': '2' }).split('{}')
  const { text } = await send(gated, head)
  const [, id] = /x-request-id: ([0-9a-f]{32})/.exec(text) ?? []
  expect(text).toContain('HTTP/1.1 401 ')
  expect(gated.audit()).toMatchObject([{ reason: 'no credentials', request_id: id, count: 1 }])
})

test('a defect of ours is told as one, and is in the log', async () => {
  gated.services.verifyToken = async () => {
    throw new Error('a defect')
  }
  const { statuses } = await send(gated, hook('{}', await bearer(gated, '{}')))
  expect(statuses).toEqual([500])
  expect(gated.logged).toStrictEqual([expect.stringMatching(/^error a request failed/)])
})

test('who is gone before the answer takes nobody along', async () => {
  const asked = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  gated.services.verifyToken = async () => {
    asked.resolve()
    await gone.promise
    throw new TokenError('rejected', 'of nobody')
  }
  const [server] = servers
  const closed = new Promise<void>((resolve) => {
    server?.once('connection', (socket: Socket) => void socket.once('close', () => resolve()))
  })
  const client = connect(ports.get(gated) ?? 0, '127.0.0.1').on('error', () => {})
  client.write(hook('{}', await bearer(gated, '{}')))
  await asked.promise
  client.resetAndDestroy()
  await closed
  gone.resolve()
  await expect.poll(() => gated.audit().map(({ reason }) => reason)).toEqual(['of nobody'])
  expect((await send(gated, hook('{}', basic('api', WRONG)))).statuses).toEqual([401])
})

test('a hook of who is gone is taken, and nobody waits for its end', async () => {
  const { verifyToken } = gated.services
  const asked = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  gated.services.verifyToken = async (...given) => {
    asked.resolve()
    await gone.promise
    return verifyToken(...given)
  }
  const entrance = createEntrance(gated.services, 'public')
  const answered = Promise.withResolvers<number>()
  await serve(gated, {
    ...entrance,
    async fetch(...given) {
      const response = await entrance.fetch(...given)
      answered.resolve(response.status)
      return response
    },
  })
  const closed = new Promise<void>((resolve) => {
    servers.at(-1)?.once('connection', (socket: Socket) => {
      socket.once('close', () => resolve())
    })
  })
  const client = connect(ports.get(gated) ?? 0, '127.0.0.1').on('error', () => {})
  client.write(hook('{}', { ...(await bearer(gated, '{}')), prefer: 'wait=600' }))
  await asked.promise
  client.resetAndDestroy()
  await closed
  gone.resolve()
  expect(await answered.promise).toBe(202)
})
