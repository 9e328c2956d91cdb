import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'

/** GitHub's tokens last five minutes. */
const LIFETIME_SECONDS = 300

export interface Issuer {
  /** The `iss` of its tokens, and base of its discovery document. */
  url: string
  /** For `ACTIONS_ID_TOKEN_REQUEST_URL`. */
  requestUrl: string
  /** For `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. */
  requestToken: string
  /** Signs a token with the default claims, some replaced; a claim that is `undefined` is left out. */
  mint: (overrides: Record<string, unknown>, audience: string | string[]) => Promise<string>
  /** Claims that every token of the request endpoint bears instead of the default ones. */
  claims: Record<string, unknown>
  /** Every request so far, in order. */
  requests: { method: string; path: string; audience?: string }[]
  stop: () => Promise<void>
}

export const newIssuerKeys = () => generateKeyPair('RS256', { modulusLength: 2048 })

/**
 * An OpenID issuer on a loopback port, with discovery, keys, and a token endpoint in the shape of GitHub's. Its tokens are
 * dated by `nowMs`. Making a key pair takes long: issuers that may have the same are given one.
 */
export const startIssuer = async ({
  nowMs = Date.now,
  keys = newIssuerKeys(),
}: { nowMs?: () => number; keys?: ReturnType<typeof newIssuerKeys> } = {}): Promise<Issuer> => {
  const { publicKey, privateKey } = await keys
  const kid = randomUUID()
  const key = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' }
  const requestToken = randomUUID()
  const requests: Issuer['requests'] = []
  const claims: Record<string, unknown> = {}

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const mint: Issuer['mint'] = (overrides, audience) => {
    const now = Math.floor(nowMs() / 1000)
    const payload: JWTPayload = {
      ...defaultClaims(),
      iss: url,
      aud: audience,
      jti: randomUUID(),
      iat: now,
      // GitHub dates nbf ten minutes back
      nbf: now - 600,
      exp: now + LIFETIME_SECONDS,
      ...claims,
      ...overrides,
    }
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .sign(privateKey)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    const audience = searchParams.get('audience') ?? undefined
    requests.push({ method: request.method ?? '', path: pathname, ...(audience && { audience }) })
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (pathname === '/.well-known/openid-configuration') return send(200, discovery(url))
    if (pathname === '/.well-known/jwks') return send(200, { keys: [key] })
    if (pathname !== '/token') return send(404, { message: 'Not Found' })
    // RFC 9110, section 11.1: the scheme's case does not matter, and the toolkit writes Bearer
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || token !== requestToken) {
      return send(401, { message: 'Unauthorized' })
    }
    const value = await mint({}, audience ?? 'https://github.com/acme')
    send(200, { count: value.length, value })
  }

  return {
    url,
    requestUrl: `${url}/token?api-version=2.0`,
    requestToken,
    mint,
    claims,
    requests,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

const discovery = (url: string) => ({
  issuer: url,
  jwks_uri: `${url}/.well-known/jwks`,
  subject_types_supported: ['public', 'pairwise'],
  response_types_supported: ['id_token'],
  claims_supported: Object.keys(defaultClaims()),
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid'],
})

/** The claims of a push to main of acme/hello, as GitHub words them. */
const defaultClaims = () => ({
  sub: 'repo:acme/hello:ref:refs/heads/main',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  ref_protected: 'true',
  sha: '0123456789abcdef0123456789abcdef01234567',
  repository: 'acme/hello',
  repository_id: '123456789',
  repository_owner: 'acme',
  repository_owner_id: '987654321',
  repository_visibility: 'private',
  run_id: '1000000001',
  run_number: '1',
  run_attempt: '1',
  actor: 'octocat',
  actor_id: '583231',
  workflow: 'deploy',
  head_ref: '',
  base_ref: '',
  event_name: 'push',
  workflow_ref: 'acme/hello/.github/workflows/deploy.yml@refs/heads/main',
  workflow_sha: '0123456789abcdef0123456789abcdef01234567',
  job_workflow_ref: 'acme/hello/.github/workflows/deploy.yml@refs/heads/main',
  job_workflow_sha: '0123456789abcdef0123456789abcdef01234567',
  runner_environment: 'github-hosted',
})
