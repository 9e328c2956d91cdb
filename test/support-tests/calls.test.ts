import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCalls } from '../support/calls/callers.ts'
import { messagesIn, frame } from '../support/calls/frame.ts'
import { answer } from '../support/calls/server.ts'
import { makePair } from '../support/certificates.ts'
import { waitFor } from '../support/processes.ts'
import { createTally } from '../support/tally.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

let workspace: Workspace
beforeEach(() => {
  workspace = openWorkspace()
})
afterEach(() => workspace.close())

test.for([
  ['as it should', answer, []],
  [
    'with a status of its own',
    (stream: ServerHttp2Stream) => {
      stream.respond(
        { ':status': 200, 'grpc-status': 14, 'grpc-message': 'not now' },
        { endStream: true },
      )
    },
    ['gRPC call: HTTP 200, gRPC 14, not now', 'gRPC stream: HTTP 200, gRPC 14, not now'],
  ],
  [
    'without its end',
    (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 })
      stream.end(frame('1 1'))
    },
    ['gRPC call: HTTP 200, gRPC undefined, undefined'],
  ],
] as const)('calls of gRPC that are answered %s', async ([, handler, failures]) => {
  const { certificate, key } = makePair(workspace.folder('tls'), ['calls.test'])
  const server = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  server.on('stream', (stream, headers) => void handler(stream, headers, '7'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const tally = createTally()
  const stopping = new AbortController()
  const ca = readFileSync(certificate, 'utf8')
  const made = makeCalls({ tally, signal: stopping.signal }, { port, domain: 'calls.test', ca })
  await waitFor(() => Object.values(tally.report().kinds).every(({ requests }) => requests >= 1), {
    what: 'no answers',
  })
  stopping.abort()
  await made
  server.close()
  const { requests, failed, reasons } = tally.report()
  expect(failed).toBe(failures.length === 0 ? 0 : requests)
  expect(reasons).toEqual(expect.arrayContaining([...failures]))
})

test('a message that was cut off is no message', () => {
  expect(messagesIn(Buffer.concat([frame('one'), frame('')]))).toEqual(['one', ''])
  expect(() => messagesIn(frame('one').subarray(0, 7))).toThrow('cut off after 7 bytes')
})
