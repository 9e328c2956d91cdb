import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Posted {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A server on loopback that keeps what is posted to it, and answers as a test says. */
export async function startPosted(tls?: { certificate: string; key: string }) {
  const posted: Posted[] = []
  const state = {
    posted,
    answer: (response: ServerResponse): unknown => response.end('ok'),
    url: '',
    close: () => {},
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    posted.push({ path: request.url ?? '', headers: request.headers, body })
    state.answer(response)
  }
  const server =
    tls === undefined
      ? createServer((request, response) => void handle(request, response))
      : createTlsServer(
          { cert: tls.certificate, key: tls.key },
          (request, response) => void handle(request, response),
        )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  state.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  state.close = () => {
    server.closeAllConnections()
    server.close()
  }
  return state
}
