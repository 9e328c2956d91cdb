import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { grpcProbe } from '../../../receiver/edges/grpc-probe.ts'
import { freePort } from '../../support/ports.ts'

const signal = new AbortController().signal
const probe = (at: string, timeoutMs = 60_000, headers = {}) =>
  grpcProbe({ at, headers, timeoutMs, signal })

const sockets = new Set<Socket>()
const servers: Server[] = []
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server of gRPC that answers each call so. */
function serve(answer: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void) {
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    answer(stream, headers)
  })
  return listen(server)
}

const says = (stream: ServerHttp2Stream, message: Buffer, status = 0) => {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
  stream.end(message)
}
const response = (...bytes: number[]) => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes])

describe('a probe by gRPC', () => {
  test.for<[string, number[], number]>([
    ['SERVING', [8, 1], 1],
    ['NOT_SERVING', [8, 2], 2],
    ['UNKNOWN, which is no field at all', [], 0],
  ])('reads %s', async ([, bytes, serving]) => {
    const at = await serve((stream) => says(stream, response(...bytes)))
    expect(await probe(at)).toEqual({ status: 0, message: '', serving })
  })

  test('asks as the protocol has it, for whom visitors ask', async () => {
    let asked: Record<string, unknown> = {}
    let body = ''
    const at = await serve((stream, headers) => {
      asked = headers
      stream.on('data', (chunk: Buffer) => (body += chunk.toString('hex')))
      stream.on('end', () => says(stream, response(8, 1)))
    })
    await probe(at, 60_000, { Host: 'api.test', 'X-Key': 'a' })
    expect(asked).toMatchObject({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': 'api.test',
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-key': 'a',
    })
    expect(body).toBe('0000000000')
  })

  test('takes an error of gRPC for an answer', async () => {
    const at = await serve((stream) =>
      stream.respond(
        {
          'content-type': 'application/grpc',
          'grpc-status': 12,
          'grpc-message': 'no such\tservice',
        },
        { endStream: true },
      ),
    )
    expect(await probe(at)).toMatchObject({
      status: 12,
      message: expect.stringContaining('no such'),
    })
  })

  test('says in plain words that it is not gRPC, that nobody is there, or that nobody answers', async () => {
    const html = await serve((stream) => stream.respond({ ':status': 404 }, { endStream: true }))
    await expect(probe(html)).rejects.toThrow('it answered HTTP 404, and nothing of gRPC')
    const http = await listen(createHttpServer((_, answer) => answer.end('hello')))
    await expect(probe(http)).rejects.toThrow(`${http} does not speak HTTP/2 without TLS`)
    const nobody = `127.0.0.1:${await freePort()}`
    await expect(probe(nobody)).rejects.toThrow(`connection refused by ${nobody}`)
    const silent = await listen(createTcpServer(() => {}))
    await expect(probe(silent, 50)).rejects.toThrow('no answer within 50 ms')
    const mute = await serve(() => {})
    await expect(probe(mute, 50)).rejects.toThrow('no answer within 50 ms')
    const shut = await listen(createTcpServer((socket) => socket.end()))
    await expect(probe(shut)).rejects.toThrow(shut)
  })

  test('ends at an answer without end', async () => {
    const endless = await serve((stream) => {
      stream.respond({ 'content-type': 'application/grpc' })
      const more = () => {
        if (stream.writable) stream.write('x'.repeat(1000), () => setImmediate(more))
      }
      more()
    })
    await expect(probe(endless)).rejects.toThrow('nothing of gRPC')
  })

  test('ends when it is told to', async () => {
    const at = await serve(() => {})
    const stop = new AbortController()
    const probed = grpcProbe({ at, headers: {}, timeoutMs: 60_000, signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(probed).rejects.toThrow('stopped')
  })

  test('refuses a header that HTTP/2 has not, in words', async () => {
    const at = await serve((stream) => says(stream, response(8, 1)))
    await expect(probe(at, 60_000, { Connection: 'close' })).rejects.toThrow(/onnection/)
  })
})
