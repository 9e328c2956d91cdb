import { execFileSync } from 'node:child_process'
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { freePort } from './ports.ts'
import { runRegistry } from './registry.ts'

const SERVICE = 'token-registry'
const ISSUER = 'the tests'

export interface TokenRegistry {
  host: string
  /** The login that gets tokens, and the refresh token that does too. */
  login: { username: string; password: string }
  refreshToken: string
  /** What the token server was asked, in order: `GET basic`, `POST refresh_token`, `GET anonymous`. */
  asked: string[]
  /** Lets the token server answer this status. */
  answerWith(status: number): void
  stop(): Promise<void>
}

/** A real registry with token authentication (distribution's spec/auth), and a small server that gives its tokens. */
export async function startTokenRegistry(dir: string): Promise<TokenRegistry> {
  mkdirSync(dir, { recursive: true })
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const files = ['-keyout', key, '-out', certificate, '-subj', '/CN=tokens']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files], {
    stdio: 'pipe',
  })
  const login = { username: 'acme', password: randomUUID() }
  const refreshToken = randomUUID()
  const asked: string[] = []
  let status = 200
  const privateKey = createPrivateKey(readFileSync(key))
  const x5c = [new X509Certificate(readFileSync(certificate)).raw.toString('base64')]

  const tokenFor = (scope: string) => {
    const [type = '', name = '', actions = ''] = scope.split(':')
    const access = scope === '' ? [] : [{ type, name, actions: actions.split(',') }]
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5c })
      .setIssuer(ISSUER)
      .setSubject(login.username)
      .setAudience(SERVICE)
      .setJti(randomUUID())
      .setIssuedAt()
      .setNotBefore('-1m')
      .setExpirationTime('5m')
      .sign(privateKey)
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const query = new URL(request.url ?? '/', 'http://tokens').searchParams
    const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
    const { authorization } = request.headers
    const grant = form.get('grant_type')
    asked.push(
      `${request.method} ${grant ?? (authorization === undefined ? 'anonymous' : 'basic')}`,
    )
    const isRight =
      request.method === 'POST'
        ? form.get('refresh_token') === refreshToken || form.get('password') === login.password
        : authorization === basic
    if (status !== 200 || !isRight) return response.writeHead(status === 200 ? 401 : status).end()
    const token = await tokenFor(query.get('scope') ?? form.get('scope') ?? '')
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token, access_token: token, expires_in: 300 }))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const { host, stop } = await runRegistry(dir, `127.0.0.1:${await freePort()}`, {
    auth: { token: { realm, service: SERVICE, issuer: ISSUER, rootcertbundle: certificate } },
  })
  return {
    host,
    login,
    refreshToken,
    asked,
    answerWith(next) {
      status = next
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await stop()
    },
  }
}
