import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { httpProbe } from '../../../receiver/edges/probe.ts'
import { freePort } from '../../support/ports.ts'

describe('a probe', () => {
  const signal = new AbortController().signal
  const probe = (url: string, timeoutMs = 60_000) =>
    httpProbe({ url, headers: {}, timeoutMs, signal })

  async function serve(answer: Parameters<typeof createServer>[1]) {
    const server = createServer({}, answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}/`,
      close: () => (server.closeAllConnections(), server.close()),
    }
  }

  test('gives status and the beginning of the body, on one printable line', async () => {
    const server = await serve((_, response) =>
      response.writeHead(503).end('no\n\u001b[31mdatabase'),
    )
    expect(await probe(server.url)).toEqual({ status: 503, body: 'no \uFFFD[31mdatabase' })
    server.close()
  })

  test('does not follow a redirect, and does not read a body without end', async () => {
    const server = await serve((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' })
      const more = () => void (response.write('x'.repeat(1000)) && setImmediate(more))
      more()
    })
    const { status, body } = await probe(server.url)
    expect({ status, body }).toEqual({ status: 302, body: `${'x'.repeat(512)}…` })
    server.close()
  })

  test('tells where a redirect leads, and of no other answer', async () => {
    const server = await serve((request, response) => {
      response.writeHead(request.headers.host === 'api.test' ? 301 : 200, { location: '/there' })
      response.end()
    })
    expect(await probe(server.url)).toEqual({ status: 200, body: '' })
    const asked = { url: server.url, headers: { Host: 'api.test' }, timeoutMs: 60_000, signal }
    expect(await httpProbe(asked)).toEqual({ status: 301, body: '', location: '/there' })
    server.close()
  })

  test('says when nobody listens', async () => {
    const port = await freePort()
    await expect(probe(`http://127.0.0.1:${port}/`)).rejects.toThrow(
      `connection refused by 127.0.0.1:${port}`,
    )
  })

  test('says when there is no answer in time', async () => {
    const server = await serve(() => {})
    await expect(probe(server.url, 50)).rejects.toThrow('no answer within 50 ms')
    server.close()
  })
})

describe('a probe, whatever the app answers', () => {
  const signal = new AbortController().signal
  const stopped: (() => void)[] = []
  afterEach(() => {
    for (const stop of stopped.splice(0)) stop()
  })

  /** An app that says this to everybody, and then does that with the connection. */
  async function app(says: (socket: Socket) => void) {
    const open = new Set<Socket>()
    const server = createTcpServer((socket) => {
      open.add(socket)
      socket.on('error', () => {}).once('close', () => open.delete(socket))
      socket.once('data', () => says(socket))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stopped.push(() => {
      for (const socket of open) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/`, open }
  }
  const probe = (url: string, timeoutMs: number, until = signal) =>
    httpProbe({ url, headers: {}, timeoutMs, signal: until })

  test('takes a switch of protocols for an answer, though the connection stays open', async () => {
    const { url, open } = await app((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    )
    expect(await probe(url, 60_000)).toEqual({ status: 101, body: '' })
    await expect.poll(() => open.size).toBe(0)
  })

  test.each([
    ['interim answers without end', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['a header that drips', 'HTTP/1.1 200 OK\r\nX: ', 'x'],
    ['headers without end', 'HTTP/1.1 200 OK\r\n', 'A: b\r\n'],
    ['a body that drips', 'HTTP/1.1 200 OK\r\n\r\n', 'x'],
    ['chunks that drip', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
    [
      'trailers without end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
      'A: b\r\n',
    ],
  ])('gives up on %s, and closes the connection', async (kind, first, again) => {
    const { url, open } = await app((socket) => {
      if (!kind.startsWith('interim')) socket.write(first)
      const timer = setInterval(() => socket.write(again), 5)
      socket.once('close', () => clearInterval(timer))
    })
    await expect(probe(url, 200)).rejects.toThrow('no answer within 200 ms')
    await expect.poll(() => open.size).toBe(0)
  })

  test('may have a time that is no whole number of milliseconds', async () => {
    const { url } = await app((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    expect(await probe(url, 60_000.5)).toEqual({ status: 204, body: '' })
  })

  test('says when the connection is closed without a word', async () => {
    const { url } = await app((socket) => socket.end())
    await expect(probe(url, 60_000)).rejects.toThrow('closed the connection without an answer')
  })

  test('ends when it is told to, in the middle of an answer', async () => {
    const stopping = new AbortController()
    const { url } = await app((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nx')
      stopping.abort(new Error('the receiver stops'))
    })
    await expect(probe(url, 60_000, stopping.signal)).rejects.toThrow('the receiver stops')
  })

  test('settles within its time, with an answer or with words for people', async () => {
    const piece = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 999 \r\n',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/0.9 200\r\n',
      'Content-Length: 3\r\n',
      'Content-Length: 999999999999\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\n',
      '\r\n',
      'ffffffff\r\n',
      '0\r\n',
      'x'.repeat(20_000),
      '\0\u001b[2J',
    )
    const answer = fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 8 })
    const end = fc.constantFrom('keep', 'end', 'reset')
    await fc.assert(
      fc.asyncProperty(answer, end, async (pieces, how) => {
        const { url, open } = await app((socket) => {
          for (const each of pieces) socket.write(each)
          if (how === 'end') socket.end()
          if (how === 'reset') socket.resetAndDestroy()
        })
        const settled = await probe(url, 100).catch((error: Error) => error)
        if (settled instanceof Error) expect(settled.name).toBe('ProbeError')
        // with the … of what was cut
        else expect(settled.body.length).toBeLessThanOrEqual(512 + 1)
        await expect.poll(() => open.size).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
