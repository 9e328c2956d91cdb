import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Address, close, listen, listenOnAll } from '../../../receiver/http/listen.ts'

let dir: string
let servers: Server[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'listen-'))
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => close(server)))
  rmSync(dir, { recursive: true })
})

async function start(address: Address): Promise<Server> {
  const server = await listen(new Hono(), address)
  servers.push(server)
  return server
}

test.each(['listen', 'admin'] as const)(
  'an address that is taken is named with its key, %s',
  async (key) => {
    const server = await start({ key, host: '127.0.0.1', port: 0 })
    const { port } = server.address() as AddressInfo
    await expect(start({ key, host: '127.0.0.1', port })).rejects.toThrow(
      `${key}: 127.0.0.1:${port} is in use: another receiver may run here`,
    )
  },
)

test('a socket that another process listens on is taken', async () => {
  const path = join(dir, 'socket')
  await start({ key: 'socket', path })
  await expect(start({ key: 'socket', path })).rejects.toThrow(`socket: ${path} is in use`)
})

test('a socket that a killed process left is taken over', async () => {
  const path = join(dir, 'socket')
  writeFileSync(path, '')
  await start({ key: 'socket', path })
  expect(existsSync(path)).toBe(true)
})

test('a socket in a directory that is not there says so', async () => {
  const path = join(dir, 'nowhere', 'socket')
  await expect(start({ key: 'socket', path })).rejects.toThrow(
    `socket: ${path} is in a directory that does not exist: create it`,
  )
})

test('any other failure is told in its own words', async () => {
  await expect(start({ key: 'listen', host: '192.0.2.1', port: 1 })).rejects.toThrow(
    /^listen: 192\.0\.2\.1:1 failed: .*EADDRNOTAVAIL/,
  )
})

test('who drips headers has 5 s, who drips a body 15 s, and a proxy keeps its connections for 75 s', async () => {
  const server = await start({ key: 'listen', host: '127.0.0.1', port: 0 })
  const { headersTimeout, requestTimeout, keepAliveTimeout } = server
  expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toStrictEqual({
    headersTimeout: 5000,
    requestTimeout: 15_000,
    keepAliveTimeout: 75_000,
  })
})

test('of several addresses all are opened, or none stays open', async () => {
  const taken = await start({ key: 'admin', host: '127.0.0.1', port: 0 })
  const { port } = taken.address() as AddressInfo
  const socket = { key: 'socket', path: join(dir, 'first') } as const
  const places = [
    [new Hono(), socket],
    [new Hono(), { key: 'admin', host: '127.0.0.1', port }],
  ] as const
  await expect(listenOnAll(places)).rejects.toThrow(`admin: 127.0.0.1:${port} is in use`)
  // nobody listens there any more
  servers.push(...(await listenOnAll([[new Hono(), socket]])))
  expect(servers.at(-1)?.listening).toBe(true)
})

test('who asks before there is an answer waits for it', async () => {
  const ready = Promise.withResolvers<Hono>()
  const server = await listen(ready.promise, { key: 'listen', host: '127.0.0.1', port: 0 })
  servers.push(server)
  const { port } = server.address() as AddressInfo
  const came = once(server, 'request')
  const asked = fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'a hook' })
  await came
  ready.resolve(new Hono().post('/', async (c) => c.text(`took ${await c.req.text()}`)))
  expect(await (await asked).text()).toBe('took a hook')
})

test('who does not read his answer is not waited for', async () => {
  const more = new Uint8Array(2 ** 20)
  const app = new Hono().get('/', (c) =>
    c.body(new ReadableStream({ pull: (body) => body.enqueue(more) })),
  )
  const server = await listen(app, { key: 'listen', host: '127.0.0.1', port: 0 })
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await once(client, 'readable')
  await close(server, { patienceMs: 0 })
  expect(server.listening).toBe(false)
  client.destroy()
})
