import type { Login } from '../credentials/login.ts'
import type { Challenge } from './challenge.ts'
import { denied, loginMissing, refused, unreachable } from './failures.ts'

/** RFC 1035, section 2.3.4. */
const MAX_HOST = 253

/** Sends one request; only one without a body may be redirected. */
export type Send = (
  url: URL,
  init: { method?: string; headers?: Record<string, string>; body?: URLSearchParams },
) => Promise<{
  response: Response
  /** Of an error its beginning. */
  body: Buffer
  /** Another host than the one that was asked gave the answer. */
  isMoved: boolean
}>

/**
 * What answers a registry's challenge, for `Authorization`: the login itself, or a token for pulling this repository
 * (github.com/distribution/distribution, spec/auth/token and spec/auth/oauth). Throws `DeployError`.
 */
export async function answerChallenge(
  challenge: Challenge,
  { repository, name, login }: { repository: string; name: string; login: Login | undefined },
  send: Send,
): Promise<string> {
  if (challenge.scheme === 'basic') {
    if (login === undefined) throw loginMissing(repository)
    if ('identityToken' in login) throw denied(repository, 'it wants a password, not a token')
    return basic(login)
  }
  const url = new URL(challenge.realm)
  const { service = '' } = challenge
  const scope = `repository:${name}:pull`
  const { response, body } =
    login !== undefined && 'identityToken' in login
      ? await send(url, { method: 'POST', body: refreshing(login, service, scope) })
      : await send(asking(url, service, scope), {
          headers: login === undefined ? {} : { authorization: basic(login) },
        })
  const what = `${url.host.slice(0, MAX_HOST)}, which gives its tokens,`
  if (response.status !== 200) throw refused(repository, what, response, body)
  const token = tokenOf(body)
  if (token === undefined) throw unreachable(repository, `${what} answered without one`)
  return `Bearer ${token}`
}

function asking(realm: URL, service: string, scope: string): URL {
  const url = new URL(realm)
  if (service !== '') url.searchParams.set('service', service)
  url.searchParams.set('scope', scope)
  return url
}

const refreshing = ({ identityToken }: { identityToken: string }, service: string, scope: string) =>
  new URLSearchParams({
    grant_type: 'refresh_token',
    service,
    scope,
    client_id: 'deploy-receiver',
    refresh_token: identityToken,
  })

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
