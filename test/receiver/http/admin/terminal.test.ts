import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import {
  type Frame,
  frame,
  framesOf,
  TERMINAL_PROTOCOL,
} from '../../../../receiver/core/terminal/frames.ts'
import type { Terminal, Typed } from '../../../../receiver/core/terminal/terminal.ts'
import { createTerminal } from '../../../../receiver/http/admin/terminal.ts'
import { DIGEST } from '../../../support/fake-world.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

type Run = (terminal: Terminal, signal: AbortSignal) => Promise<{ exitCode: number }>
let world: HttpWorld
let server: Server
let ran: { container?: string; command: readonly string[] }[]
let run: Run
beforeEach(async () => {
  world = await startHttpWorld()
  ran = []
  run = async () => ({ exitCode: 0 })
  world.services.commands = {
    run(what, terminal, signal) {
      ran.push({ command: what.command })
      return run(terminal, signal)
    },
    replica: async (_live, replica) => (replica === 1 ? 'api-1-blue' : undefined),
    exec(container, command, terminal, signal) {
      ran.push({ container, command })
      return run(terminal, signal)
    },
  }
  const response = await world.local.request('/hooks/api', { method: 'POST' })
  const { deployment } = (await response.json()) as { deployment: { id: string } }
  world.store.append(deployment.id, { type: 'image', at: 'x', digest: DIGEST.one })
  world.store.append(deployment.id, { type: 'live', at: 'x' }, { live: true })
  server = createServer().on('upgrade', createTerminal(world.services)).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  await world.stop()
  server.close()
})

async function connect(protocol = TERMINAL_PROTOCOL) {
  const { port } = server.address() as AddressInfo
  const headers = { connection: 'upgrade', upgrade: protocol }
  const outgoing = request({ port, host: '127.0.0.1', headers }).end()
  const [, socket] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Duplex]
  socket.on('error', () => {})
  return socket
}
const ORDER = { kind: 'run', app: 'api', command: ['printenv', 'TOKEN=hidden'], tty: false }
async function all(socket: Duplex): Promise<{ type: Frame['type']; text: string }[]> {
  const frames = []
  for await (const { type, payload } of framesOf(socket)) {
    frames.push({ type, text: new TextDecoder().decode(payload) })
  }
  return frames
}
async function ordered(order: object = ORDER) {
  const socket = await connect()
  socket.write(frame('order', order))
  return all(socket)
}

test('a command gets what is typed, and what it prints comes back with its exit code', async () => {
  const heard: Typed[] = []
  run = async ({ typed, print, size }) => {
    expect(size).toEqual({ rows: 30, columns: 100 })
    for await (const each of typed) {
      heard.push(each)
      if (each.kind === 'end') break
    }
    await print('stdout', new TextEncoder().encode('out'))
    await print('stderr', new TextEncoder().encode('err'))
    return { exitCode: 42 }
  }
  const socket = await connect()
  // in pieces, as a network has it
  const bytes = Buffer.concat([
    frame('order', { ...ORDER, size: { rows: 30, columns: 100 } }),
    frame('input', new TextEncoder().encode('ls')),
    frame('control', { kind: 'resize', rows: 2, columns: 3 }),
    frame('control', { kind: 'signal', signal: 'SIGINT' }),
    frame('end'),
  ])
  for (const [at] of bytes.entries()) socket.write(bytes.subarray(at, at + 1))
  expect(await all(socket)).toEqual([
    { type: 'stdout', text: 'out' },
    { type: 'stderr', text: 'err' },
    { type: 'exit', text: '{"exitCode":42}' },
  ])
  expect(heard).toMatchObject([
    { kind: 'input', bytes: new TextEncoder().encode('ls') },
    { kind: 'resize', rows: 2, columns: 3 },
    { kind: 'signal', signal: 'SIGINT' },
    { kind: 'end' },
  ])
})

test('the audit trail has the program, and no arguments', async () => {
  await ordered()
  await ordered({ ...ORDER, kind: 'exec', command: ['sh'] })
  await ordered({ ...ORDER, app: 'web' })
  expect(ran).toEqual([
    { command: ['printenv', 'TOKEN=hidden'] },
    { container: 'api-1-blue', command: ['sh'] },
  ])
  const entries = world.audit().slice(-3)
  expect(entries).toMatchObject([
    { app: 'api', outcome: 'accepted', request: 'run printenv with 1 argument' },
    { app: 'api', outcome: 'accepted', request: 'exec sh' },
    { app: 'web', outcome: 'refused', reason: 'nothing of web is live' },
  ])
  for (const { sender } of entries) expect(sender).toEqual({ kind: 'socket' })
  expect(JSON.stringify(entries)).not.toContain('hidden')
})

test.for([
  [{ ...ORDER, app: 'none' }, 'there is no app'],
  [{ ...ORDER, app: 'web' }, 'nothing of web is live'],
  [{ ...ORDER, kind: 'exec', replica: 2 }, 'no replica 2 of api runs'],
  [{ ...ORDER, command: [] }, 'something failed'],
  [{ ...ORDER, kind: 'sudo' }, 'something failed'],
] as const)('what cannot be is told: %j', async ([order, detail]) => {
  const [only] = await ordered(order)
  expect(only).toMatchObject({ type: 'failed', text: expect.stringContaining(detail) })
  expect(ran).toEqual([])
})

test('what Docker has against it is told with its remedy', async () => {
  run = () => Promise.reject(new DeployError('start_failed', 'no such program', { hint: 'look' }))
  expect(await ordered()).toEqual([
    { type: 'failed', text: '{"detail":"no such program","hint":"look"}' },
  ])
})

test('whoever goes away ends what they ordered', async () => {
  const ended = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  run = (_terminal, signal) =>
    new Promise((_resolve, reject) => {
      began.resolve()
      signal.addEventListener('abort', () => {
        ended.resolve()
        reject(new Error('gone'))
      })
    })
  const socket = await connect()
  socket.write(frame('order', ORDER))
  await began.promise
  socket.destroy()
  await ended.promise
})

test('so many run at once', async () => {
  run = (_terminal, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error())))
  for (let at = 0; at < 16; at++) (await connect()).write(frame('order', ORDER))
  expect(await ordered()).toMatchObject([
    { type: 'failed', text: expect.stringContaining('16 commands run already') },
  ])
})

test.for([
  ['another protocol', 'websocket', Buffer.alloc(0), ''],
  ['no frame', TERMINAL_PROTOCOL, Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'failed'],
  ['a frame without an end', TERMINAL_PROTOCOL, Buffer.from([0, 255, 255, 255, 255]), 'failed'],
  ['input before the order', TERMINAL_PROTOCOL, frame('input'), 'failed'],
] as const)('%s opens nothing', async ([, protocol, bytes, answer]) => {
  if (answer === '') {
    const { port } = server.address() as AddressInfo
    const headers = { connection: 'upgrade', upgrade: protocol }
    const outgoing = request({ port, host: '127.0.0.1', headers }).end()
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(426)
    return
  }
  const socket = await connect(protocol)
  socket.write(bytes)
  expect(await all(socket)).toMatchObject([{ type: answer }])
  expect(ran).toEqual([])
})
