import { parseImage } from '../../../protocol/image-reference.ts'
import { DeployError } from '../../core/errors.ts'
import type { Login } from '../credentials/login.ts'
import { type Challenge, parseChallenge } from './challenge.ts'

export interface RegistryAnswer {
  status: number
  contentType: string
  /** `Docker-Content-Digest`, of a manifest. */
  digest: string | undefined
  body: Buffer
}

/** Reads one repository of a registry, by the distribution API (github.com/distribution/distribution, spec/api). */
export interface RegistryClient {
  /** `path` stands behind `/v2/{name}/`. 404 is an answer; every other failure throws `DeployError`. */
  get(
    path: string,
    options: { accept?: string; signal: AbortSignal; method?: 'GET' | 'HEAD' },
  ): Promise<RegistryAnswer>
}

const MAX_BYTES = 1024 * 1024
const MAX_REDIRECTS = 5
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** A client for `repository` (with its registry). Tokens are asked for when the registry wants one, and kept. */
export function createRegistryClient(
  repository: string,
  login: Login | undefined,
  fetch = globalThis.fetch,
): RegistryClient {
  const { registry } = parseImage(repository)
  const name = repository.slice(registry.length + 1)
  const base = new URL(`${schemeOf(registry)}://${apiHost(registry)}/v2/${name}/`)
  let authorization: string | undefined

  const request = async (
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
    method: 'GET' | 'HEAD' = 'GET',
  ) => {
    let to = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      if (to.protocol !== 'https:' && !LOOPBACK.test(to.hostname)) {
        throw unreachable(repository, `it leads to ${to.origin}, which is not https`)
      }
      // what lies elsewhere (a storage bucket, mostly) must not see the login
      const { authorization: secret, ...others } = headers
      const sent = to.origin === url.origin && secret !== undefined ? headers : others
      const response = await fetch(to, { method, redirect: 'manual', headers: sent, signal })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return response
      await response.body?.cancel()
      to = new URL(location, to)
    }
    throw unreachable(repository, `more than ${MAX_REDIRECTS} redirects`)
  }

  /** OAuth2 with a refresh token (github.com/distribution/distribution, spec/auth/oauth). */
  const refreshed = async (
    { identityToken }: { identityToken: string },
    { realm, service = '' }: Extract<Challenge, { scheme: 'bearer' }>,
    signal: AbortSignal,
  ): Promise<string> => {
    const url = new URL(realm)
    if (url.protocol !== 'https:' && !LOOPBACK.test(url.hostname)) {
      throw unreachable(repository, `its tokens come from ${url.origin}, which is not https`)
    }
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        service,
        scope: `repository:${name}:pull`,
        client_id: 'deploy-receiver',
        refresh_token: identityToken,
      }),
      signal,
    })
    const token = tokenOf(await readBytes(response, repository))
    if (response.status === 200 && token !== undefined) return `Bearer ${token}`
    throw denied(repository, `${url.host} gives no token: ${response.status}`)
  }

  const tokenFor = async (challenge: Challenge, signal: AbortSignal): Promise<string> => {
    if (challenge.scheme === 'basic') {
      if (login === undefined) throw denied(repository, 'it wants a login, and there is none')
      if ('identityToken' in login) throw denied(repository, 'it wants a password, not a token')
      return basic(login)
    }
    if (login !== undefined && 'identityToken' in login) return refreshed(login, challenge, signal)
    const url = new URL(challenge.realm)
    if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
    url.searchParams.set('scope', `repository:${name}:pull`)
    const headers = login === undefined ? {} : { authorization: basic(login) }
    const response = await request(url, headers, signal)
    const body = await readBytes(response, repository)
    if (response.status === 401 || response.status === 403) {
      throw denied(repository, `${url.host} gives no token: ${response.status}`)
    }
    const token = tokenOf(body)
    if (response.status !== 200 || token === undefined) {
      throw unreachable(repository, `${url.host} gives no token: ${response.status}`)
    }
    return `Bearer ${token}`
  }

  return {
    async get(path, { accept, signal, method = 'GET' }) {
      const url = new URL(path, base)
      const ask = () =>
        request(
          url,
          {
            ...(accept === undefined ? {} : { accept }),
            ...(authorization === undefined ? {} : { authorization }),
          },
          signal,
          method,
        )
      try {
        let response = await ask()
        const challenge = parseChallenge(response.headers.get('www-authenticate'))
        if (response.status === 401 && challenge !== undefined) {
          await response.body?.cancel()
          authorization = await tokenFor(challenge, signal)
          response = await ask()
        }
        const { status } = response
        const body = await readBytes(response, repository)
        if (status === 401 || status === 403) throw denied(repository, `it answered ${status}`)
        if (status !== 200 && status !== 404) {
          throw unreachable(repository, `${url.pathname} answered ${status}`)
        }
        return {
          status,
          contentType: response.headers.get('content-type') ?? '',
          digest: response.headers.get('docker-content-digest') ?? undefined,
          body,
        }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof DeployError) throw error
        throw unreachable(repository, reasonOf(error), error)
      }
    },
  }
}

/** Docker Hub's name is not where its API is. */
const apiHost = (registry: string) => (registry === 'docker.io' ? 'registry-1.docker.io' : registry)

const schemeOf = (registry: string) =>
  LOOPBACK.test(registry.replace(/:\d+$/, '')) ? 'http' : 'https'

const basic = ({ username, password }: { username: string; password: string }) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

function tokenOf(body: Buffer): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(body.toString()) as Record<string, unknown>
    const found = token ?? other
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined
  } catch {
    return undefined
  }
}

async function readBytes(response: Response, repository: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES)
      throw unreachable(repository, `an answer has more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** fetch hides what went wrong in a cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

const denied = (repository: string, why: string) =>
  new DeployError('registry_denied', `the registry does not let us read ${repository}: ${why}`, {
    hint: 'check user and password under `registries:` and that this user may pull the repository',
  })

const unreachable = (repository: string, why: string, cause?: unknown) =>
  new DeployError('registry_unreachable', `cannot read ${repository} at its registry: ${why}`, {
    hint: 'check that the VM reaches the registry (curl -v https://<registry>/v2/)',
    cause,
  })
