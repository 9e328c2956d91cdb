import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { GithubHosts } from '../../receiver/edges/github/authorize-url.ts'

/**
 * GitHub as far as signing in by an OAuth app goes, with its pages: one signs in there, lets the app in, and is sent back. It is at
 * `localhost`, so that it is another site than a page at `127.0.0.1`.
 */
export interface GithubAccounts {
  hosts: GithubHosts
  /** What befalls whoever asks for a token, or by the API. */
  fault?: 'silent' | 'slow' | 'broken' | undefined
  /** What it sends back in place of the state that it was given. */
  state?: string | undefined
  /** Each question of the app's, without secrets. */
  asked: string[]
  stop(): Promise<void>
}

const SLOW_MS = 2000

export async function startGithubAccounts({
  clientId,
  clientSecret,
  callback,
  teams,
}: {
  clientId: string
  clientSecret: string
  /** The one that is registered. */
  callback: string
  /** Members by team, `org/team`. */
  teams: Readonly<Record<string, readonly string[]>>
}): Promise<GithubAccounts> {
  const codes = new Map<string, { login: string; challenge: string }>()
  const tokens = new Map<string, string>()

  const pages = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const goTo = (location: string, headers = {}) =>
      response.writeHead(302, { location, ...headers }).end()
    const show = (status: number, html: string) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(`<!doctype html>${html}`)
    const login = /(?:^|; )user_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : '')
    const field = (name: string, value: string) =>
      `<input type="hidden" name="${name}" value="${value.replaceAll('&', '&amp;')}">`

    if (url.pathname === '/login') {
      const back = url.searchParams.get('return_to') ?? '/'
      return show(
        200,
        `<form method="post" action="/session">${field('return_to', back)}<label>Username <input name="login"></label><button>Sign in</button></form>`,
      )
    }
    if (url.pathname === '/session') {
      const cookie = `user_session=${form.get('login')}; Path=/; HttpOnly; SameSite=Lax`
      return goTo(form.get('return_to') ?? '/', { 'set-cookie': cookie })
    }
    if (url.pathname !== '/login/oauth/authorize') return show(404, 'Not Found')
    const query = request.method === 'POST' ? form : url.searchParams
    const given = (name: string) => query.get(name) ?? ''
    if (given('client_id') !== clientId || given('redirect_uri') !== callback) {
      return show(404, 'The redirect_uri is not associated with this application.')
    }
    if (login === undefined) {
      return goTo(`/login?return_to=${encodeURIComponent(`${url.pathname}${url.search}`)}`)
    }
    if (request.method !== 'POST') {
      const kept = ['client_id', 'redirect_uri', 'state', 'code_challenge']
      return show(
        200,
        `<form method="post" action="/login/oauth/authorize">${kept.map((name) => field(name, given(name))).join('')}<button name="authorize" value="1">Authorize</button><button name="authorize" value="0">Cancel</button></form>`,
      )
    }
    const back = new URL(callback)
    if (given('authorize') === '1') {
      const code = randomBytes(10).toString('hex')
      codes.set(code, { login, challenge: given('code_challenge') })
      back.searchParams.set('code', code)
    } else back.searchParams.set('error', 'access_denied')
    back.searchParams.set('state', github.state ?? given('state'))
    return goTo(back.href)
  }

  const answers = async (request: IncomingMessage, response: ServerResponse, { pathname }: URL) => {
    github.asked.push(`${request.method} ${pathname}`)
    const form = new URLSearchParams(await text(request))
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (github.fault === 'silent') return undefined
    if (github.fault === 'broken') {
      return response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Unicorn!</h1>')
    }
    if (github.fault === 'slow') {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    }
    if (pathname === '/login/oauth/access_token') {
      const code = form.get('code') ?? ''
      const found = codes.get(code)
      codes.delete(code)
      const verifier = form.get('code_verifier') ?? ''
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const isRight =
        form.get('client_secret') === clientSecret && form.get('redirect_uri') === callback
      if (found?.challenge !== challenge || !isRight) {
        return json(200, {
          error: 'bad_verification_code',
          error_description: 'The code passed is incorrect or expired.',
        })
      }
      const token = `gho_${randomBytes(18).toString('hex')}`
      tokens.set(token, found.login)
      return json(200, { access_token: token, token_type: 'bearer', scope: 'read:org' })
    }
    const login = tokens.get(request.headers.authorization?.split(' ')[1] ?? '')
    if (login === undefined) return json(401, { message: 'Bad credentials' })
    if (pathname === '/user') return json(200, { login, id: 583_231 })
    const [, org, team, who] =
      /^\/orgs\/(\w+)\/teams\/(\w+)\/memberships\/(\w+)$/.exec(pathname) ?? []
    const isIn = who !== undefined && teams[`${org}/${team}`]?.includes(who) === true
    return isIn ? json(200, { state: 'active', role: 'member' }) : json(404, {})
  }

  const isOfApp = ({ pathname }: URL) =>
    pathname === '/login/oauth/access_token' ||
    pathname === '/user' ||
    pathname.startsWith('/orgs/')
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    void (isOfApp(url) ? answers : pages)(request, response, url)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const at = `http://localhost:${(server.address() as AddressInfo).port}`
  const github: GithubAccounts = {
    hosts: { web: at, api: at },
    asked: [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return github
}
