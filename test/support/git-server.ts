import { execFile, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface GitServer {
  /** Where repositories lie: `{url}/acme/hello.git`. */
  url: string
  stop(): void
}

/**
 * Serves the bare repositories in a folder as GitHub does over HTTP: to whoever `mayRead` lets in by the password that they send;
 * others are asked for one.
 */
export const startGitServer = async (
  folder: string,
  mayRead: (path: string, password: string) => boolean,
): Promise<GitServer> => {
  const server = createServer((request, response) => {
    const [, encoded = ''] = /^basic (.*)$/i.exec(request.headers.authorization ?? '') ?? []
    const [, password = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
    if (mayRead(request.url ?? '', password)) return runBackend(folder, request, response)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Git's own server, which is a CGI program (RFC 3875). */
function runBackend(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://127.0.0.1')
  const { headers } = request
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  request.pipe(backend.stdin)
  const chunks: Buffer[] = []
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  backend.on('close', () => {
    const answer = Buffer.concat(chunks)
    const end = answer.indexOf('\r\n\r\n')
    const fields = answer
      .subarray(0, end)
      .toString('utf8')
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string])
    const { Status: status = '200', ...others } = Object.fromEntries(fields)
    response.writeHead(Number.parseInt(status, 10), others).end(answer.subarray(end + 4))
  })
}

/**
 * Makes `folder` a repository with one commit of what lies in it, and a bare one of it that is served.
 * @param before Git's arguments, each for one run before the commit
 */
export const commitAll = async (
  folder: string,
  bare: string,
  before: readonly (readonly string[])[] = [],
): Promise<void> => {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
  // not synchronously: the server that is asked may be this process
  const git = (...args: readonly string[]) => run('git', [...who, ...args], { cwd: folder })
  await git('init', '--quiet', '--initial-branch', 'main')
  for (const args of before) await git(...args)
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'one')
  await git('clone', '--quiet', '--bare', '.', bare)
}
