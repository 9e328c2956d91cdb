import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Docker from 'dockerode'

/** Answers a call; what is not its own it leaves to a 404. `path` is without the version and the query. */
export type DockerAnswers = (
  call: { method: string; path: string },
  response: ServerResponse,
) => boolean | void

/** A server that says what a Docker engine would never say, and the client library on it. */
export async function startDockerApi(answers: DockerAnswers) {
  const calls: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    const { method = '', url = '' } = request
    const path = decodeURIComponent(url.replace(/\?.*/, ''))
    calls.push(`${method} ${path}`)
    response.on('error', () => {})
    if (answers({ method, path }, response) !== false) return
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end('{"message":"no such thing"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    docker: new Docker({ host: '127.0.0.1', port, protocol: 'http' }),
    calls,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A JSON answer. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A frame of a container's output. */
export function frame(payload: string | Uint8Array, type = 1): Buffer {
  const body = Buffer.from(payload)
  const header = Buffer.alloc(8)
  header.writeUInt8(type, 0)
  header.writeUInt32BE(body.byteLength, 4)
  return Buffer.concat([header, body])
}
