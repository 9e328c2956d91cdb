import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ResolveName } from '../../../../receiver/edges/reach.ts'
import { createReading } from '../../../../receiver/edges/registry/reading.ts'
import { createRegistry } from '../../../../receiver/edges/registry/registry.ts'
import { createTransport } from '../../../../receiver/edges/registry/transport.ts'
import { fixedLogin } from '../../../support/fixed-login.ts'
import { UNTOLD } from '../../../support/reading.ts'

const LOGIN = { username: 'acme', password: 'the password' }
const { signal } = new AbortController()

interface Place {
  port: number
  asked: { path: string; authorization: string | undefined }[]
  answer: (request: IncomingMessage, response: ServerResponse) => void
}
const open: (() => void)[] = []
/** A server on an address of this machine. */
async function startPlace(address = '127.0.0.1'): Promise<Place> {
  const place: Place = {
    port: 0,
    asked: [],
    answer: (_, response) => response.writeHead(404).end(),
  }
  const server = createServer((request, response) => {
    place.asked.push({ path: request.url ?? '', authorization: request.headers.authorization })
    place.answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  place.port = (server.address() as AddressInfo).port
  open.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return place
}

let registry: Place
/** What answers where nobody should be led, with what nobody should be shown. */
let inner: Place
beforeEach(async () => {
  ;[registry, inner] = await Promise.all([startPlace(), startPlace()])
  inner.answer = (_, response) => void response.writeHead(403).end('what lies within')
})
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/**
 * Asks for a tag of `host`, a name of the test's own. To have an answer from a public address, the test takes the way of a
 * proxy, which is where the registry's servers are reached; all else is direct.
 */
const ask = (
  host: string,
  { resolve, proxy = false, env = {} }: { resolve: ResolveName; proxy?: boolean; env?: object },
) => {
  const way = proxy ? `http://127.0.0.1:${registry.port}` : ''
  const proxies = {
    http: way,
    https: way,
    except: '127.0.0.0/8,169.254.0.0/16,::1/128,inner.example',
  }
  const read = createReading({
    credentials: fixedLogin(LOGIN),
    transport: createTransport({
      settings: async () => ({ ...UNTOLD, insecureHosts: [host], proxies }),
      env: { ...env },
      resolve,
    }),
    redact: (text) => text,
  })
  return createRegistry(read).resolve({ repository: `${host}/acme/api`, tag: 'one' }, signal)
}
const names =
  (addresses: Record<string, string[]>): ResolveName =>
  async (hostname) =>
    addresses[hostname] ?? []

const PUBLIC = { 'registry.example': ['192.0.78.9'], 'inner.example': ['127.0.0.1'] }

/** Answers the first request of a registry, whether it is one, and all others like this. */
const leads = (answer: (response: ServerResponse) => void) => {
  registry.answer = ({ method, url = '' }, response) => {
    // nothing is tunnelled: TLS is not spoken here
    if (method === 'CONNECT') return void response.writeHead(502).end()
    if (url.endsWith('/v2/')) return void response.end()
    answer(response)
  }
}
const WAYS: [string, (to: string) => (response: ServerResponse) => void][] = [
  [
    'the realm of its tokens',
    (to) => (response) =>
      void response.writeHead(401, { 'www-authenticate': `Bearer realm="${to}"` }).end(),
  ],
  ['a redirect', (to) => (response) => void response.writeHead(307, { location: to }).end()],
]

describe.for(WAYS)('a public registry leads by %s', ([, way]) => {
  test.for([
    ['http://127.0.0.1:PORT/x', 'it leads to 127.0.0.1, a loopback address'],
    ['http://localhost:PORT/x', 'it leads to localhost, a loopback address'],
    ['http://2130706433:PORT/x', 'it leads to 127.0.0.1, a loopback address'],
    ['http://[::1]:PORT/x', 'it leads to [::1], a loopback address'],
    ['https://0.0.0.0:PORT/x', 'it leads to 0.0.0.0, a loopback address'],
    ['https://[::ffff:127.0.0.1]:PORT/x', ', a loopback address'],
    ['https://169.254.169.254/latest', 'it leads to 169.254.169.254, a metadata address'],
    ['https://[fd00:ec2::254]/latest', ', a metadata address'],
    ['https://10.0.0.1/x', 'it leads to 10.0.0.1, a private address'],
    ['https://inner.example:PORT/x', 'it leads to inner.example (127.0.0.1), a loopback address'],
  ] as const)('to %s, and nobody is asked there', async ([to, said]) => {
    leads(way(to.replace('PORT', String(inner.port))))
    await expect(
      ask('registry.example', { resolve: names(PUBLIC), proxy: true }),
    ).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining(said),
      hint: expect.stringContaining('Where a registry may lead'),
    })
    expect(inner.asked).toEqual([])
  })
})

test('an address is not within reach through a proxy either', async () => {
  leads((response) => void response.writeHead(307, { location: 'https://10.9.8.7/x' }).end())
  const env = { HTTPS_PROXY: `http://127.0.0.1:${inner.port}` }
  await expect(
    ask('registry.example', { resolve: names(PUBLIC), proxy: true, env }),
  ).rejects.toThrow('10.9.8.7, a private address')
  expect(inner.asked).toEqual([])
})

test('a registry on loopback may lead there, but not into the network or to metadata', async () => {
  leads(
    (response) =>
      void response
        .writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${inner.port}/t"` })
        .end(),
  )
  const host = `127.0.0.1:${registry.port}`
  await expect(ask(host, { resolve: names({}) })).rejects.toThrow('what lies within')
  leads((response) => void response.writeHead(307, { location: 'https://10.0.0.1/' }).end())
  await expect(ask(host, { resolve: names({}) })).rejects.toThrow('10.0.0.1, a private address')
  leads((response) => void response.writeHead(307, { location: 'https://169.254.169.254/' }).end())
  await expect(ask(host, { resolve: names({}) })).rejects.toThrow(', a metadata address')
})

test('a name that was public is not followed to loopback a moment later', async () => {
  let times = 0
  const resolve: ResolveName = async () => [times++ === 0 ? '192.0.78.9' : '127.0.0.1']
  await expect(ask(`registry.example:${inner.port}`, { resolve })).rejects.toThrow(
    'registry.example (127.0.0.1), a loopback address',
  )
  expect(times).toBeGreaterThan(1)
  expect(inner.asked).toEqual([])
})

test('a name that was on loopback is not followed to a public address with the rights of loopback', async () => {
  let times = 0
  const resolve: ResolveName = async () => [times++ === 0 ? '127.0.0.1' : '192.0.78.9']
  await expect(ask('registry.example', { resolve })).rejects.toThrow(
    'registry.example (192.0.78.9), a public address',
  )
})

test('of several addresses those within reach are taken', async () => {
  registry.answer = (_, response) => void response.writeHead(404).end()
  const resolve = names({ 'registry.example': ['169.254.169.254', '127.0.0.1'] })
  await expect(ask(`registry.example:${registry.port}`, { resolve })).rejects.toMatchObject({
    code: 'image_missing',
  })
})

test('where it redirects to cannot have the login sent elsewhere', async () => {
  const [storage, collector] = await Promise.all([startPlace(), startPlace()])
  leads(
    (response) =>
      void response.writeHead(307, { location: `http://127.0.0.1:${storage.port}/blob` }).end(),
  )
  storage.answer = (_, response) =>
    void response
      .writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${collector.port}/t"` })
      .end()
  await expect(ask(`127.0.0.1:${registry.port}`, { resolve: names({}) })).rejects.toMatchObject({
    code: 'registry_denied',
  })
  expect(storage.asked.length).toBeGreaterThan(0)
  expect(storage.asked.every(({ authorization }) => authorization === undefined)).toBe(true)
  expect(collector.asked).toEqual([])
})
