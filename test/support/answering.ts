import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Answers = Readonly<
  Record<string, object | ((request: IncomingMessage, response: ServerResponse) => unknown)>
>

/**
 * Stands in for a running receiver at a local socket: `{ 'GET /apps': { apps: [] } }`. What there is no answer to is 404.
 * @returns the config file that names the socket
 */
export async function startAnswering(answers: Answers) {
  const dir = mkdtempSync(join(tmpdir(), 'answering-'))
  const config = join(dir, 'config.yaml')
  writeFileSync(config, `socket: ${dir}/socket\n`)
  const server = createServer((request, response) => {
    const answer = answers[`${request.method} ${request.url?.split('?')[0]}`]
    if (typeof answer === 'function') return void answer(request, response)
    response.statusCode = answer === undefined ? 404 : 200
    response.end(JSON.stringify(answer ?? { title: 'not found', detail: `no ${request.url}` }))
  })
  server.listen(join(dir, 'socket'))
  await once(server, 'listening')
  return {
    config,
    close() {
      server.closeAllConnections()
      server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
