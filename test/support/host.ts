import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Asked {
  path: string
  authorization: string | undefined
}

/** A loopback server that notes what it is asked and answers by path. */
export interface Host {
  host: string
  asked: Asked[]
  answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>
  server: Server
}

export async function startHost(): Promise<Host> {
  const asked: Asked[] = []
  const answers: Host['answers'] = new Map()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, authorization: request.headers.authorization })
    const answer = answers.get(path.replace(/\?.*/, ''))
    if (answer === undefined) response.writeHead(404).end('{}')
    else answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answers, server }
}

/** Answers with JSON. */
export const answering =
  (body: unknown, status = 200) =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(body))
