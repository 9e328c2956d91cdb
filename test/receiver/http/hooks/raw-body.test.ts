import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { close, listen } from '../../../../receiver/http/listen.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, webhook } from './signed-hooks.ts'

const LIMIT = 64 * 1024

let world: HttpWorld
let server: Server
let socket: Socket
let heard: string
beforeEach(async () => {
  world = await startHttpWorld()
  server = await listen(world.app, { key: 'listen', host: '127.0.0.1', port: 0 })
  heard = ''
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text
  })
  socket.on('error', () => {})
})
afterEach(async () => {
  socket.destroy()
  await close(server)
  await world.stop()
})

const head = (headers: Record<string, string>) =>
  `POST /hooks/api HTTP/1.1\r\n${Object.entries({
    host: 'deploy.example.com',
    'content-type': 'application/json',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const status = async (expected: number) =>
  expect.poll(() => heard.split('\r\n')[0], { timeout: 30_000 }).toContain(` ${expected} `)
/** Basic credentials with the right password. */
const mine = () => basic('api', world.token)

test('a body in pieces is read as one', async () => {
  const body = '{"source":{"message":"in pieces"}}'
  socket.write(head({ ...webhook(world, body), 'transfer-encoding': 'chunked' }))
  for (const piece of [body.slice(0, 5), body.slice(5)]) socket.write(chunk(piece))
  socket.write(chunk(''))
  await status(202)
  expect(world.store.list('api', { limit: 1 })[0]?.source).toStrictEqual({ message: 'in pieces' })
})

test('a body of 64 KiB is read, announced or not', async () => {
  const body = JSON.stringify({ pad: 'x'.repeat(LIMIT - 10) })
  socket.write(head({ ...mine(), 'content-length': String(LIMIT) }) + body)
  await status(202)
  heard = ''
  socket.write(head({ ...mine(), 'transfer-encoding': 'chunked' }) + chunk(body) + chunk(''))
  await status(202)
})

test('a body that grows past 64 KiB is answered before its end, and the connection closed', async () => {
  socket.write(head({ ...mine(), 'transfer-encoding': 'chunked' }))
  socket.write(chunk('x'.repeat(LIMIT)))
  socket.write(chunk('x'))
  await status(413)
  expect(heard).toContain('"code":"body_too_large"')
  expect(heard.toLowerCase()).toContain('connection: close')
})

test('a body that is announced as longer is not waited for', async () => {
  socket.write(head({ ...mine(), 'content-length': String(LIMIT + 1) }))
  await status(413)
})

test('a body that was cut off is rejected', async () => {
  const { bodies } = world.services
  const { promise: entered, resolve } = Promise.withResolvers<void>()
  world.services.bodies = {
    enter(address, work) {
      resolve()
      return bodies.enter(address, work)
    },
  }
  socket.write(`${head({ ...mine(), 'content-length': '100' })}{`)
  await entered
  socket.resetAndDestroy()
  await expect
    .poll(() => world.audit().map(({ reason }) => reason), { timeout: 30_000 })
    .toStrictEqual(['the body was cut off'])
  expect(world.store.list('api', { limit: 1 })).toStrictEqual([])
})
