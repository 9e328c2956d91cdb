import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { knock } from '../../../../../receiver/edges/nginx/ask/knock.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Knocks at a site, and gives what it is to answer by once it was asked. */
async function asked() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const door = { at: '127.0.0.1', port, tls: false, hasPreamble: false }
  const answer = knock(door, { host: 'api.test', path: '/who', says: 'api' })
  const [, response] = await request
  void answer.finally(() => server.closeAllConnections())
  server.close()
  return { answer, response }
}

test('a site of a machine that is very busy has ten seconds to answer', async () => {
  const { answer, response } = await asked()
  vi.advanceTimersByTime(9000)
  response.end('api')
  expect(await answer).toEqual({ kind: 'ours' })
})

test('a site that does not answer is silent', async () => {
  const { answer } = await asked()
  vi.advanceTimersByTime(10_000)
  expect(await answer).toEqual({ kind: 'silent', reason: 'no answer within 10 s' })
})
