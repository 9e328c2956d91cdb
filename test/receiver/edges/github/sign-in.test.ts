import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Allowed, authorizeUrl } from '../../../../receiver/edges/github/authorize-url.ts'
import { githubPerson } from '../../../../receiver/edges/github/sign-in.ts'

/** GitHub as far as signing in goes: a code is good once, for who has its verifier. */
let github: Server
let hosts: { web: string; api: string }
let asked: string[] = []
let challenge = ''
let membership: { status: number; state?: string } = { status: 404 }
let token: unknown = { access_token: 'gho_of-octocat' }

beforeAll(async () => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    if (request.url === '/login/oauth/access_token') {
      const form = new URLSearchParams(body)
      const verifier = form.get('code_verifier') ?? ''
      const isIts = createHash('sha256').update(verifier).digest('base64url') === challenge
      const isWhole =
        form.get('client_secret') === 'its-secret' && form.get('redirect_uri') === REDIRECT
      return json(200, isIts && isWhole ? token : { error: 'bad_verification_code' })
    }
    if (request.url === '/user') return json(200, { login: 'OctoCat' })
    if (request.url?.startsWith('/orgs/acme/teams/ops/memberships/octocat')) {
      return json(membership.status, { state: membership.state })
    }
    return json(404, {})
  }
  github = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => void github.listen(0, '127.0.0.1', resolve))
  const at = `http://127.0.0.1:${(github.address() as AddressInfo).port}`
  hosts = { web: at, api: at }
})
afterAll(() => github.close())
beforeEach(() => {
  asked = []
  token = { access_token: 'gho_of-octocat' }
})

const REDIRECT = 'https://page.example.com/page/github/callback'
const NOBODY: Allowed = { users: [], teams: [], readers: [] }
const app = (allowed: Partial<Allowed>) => ({
  clientId: 'Iv1.1',
  clientSecret: 'its-secret',
  allowed: { ...NOBODY, ...allowed },
})

async function signIn(allowed: Parameters<typeof app>[0], verifier = 'a-verifier') {
  const made = app(allowed)
  const url = authorizeUrl(
    made,
    {
      state: 'a-state',
      challenge: createHash('sha256').update('a-verifier').digest('base64url'),
      redirectUri: REDIRECT,
    },
    hosts,
  )
  challenge = new URL(url).searchParams.get('code_challenge') ?? ''
  const signal = AbortSignal.timeout(60_000)
  return githubPerson(made, { code: 'a-code', verifier, redirectUri: REDIRECT, signal }, hosts)
}

test('a browser is sent to GitHub with what PKCE takes, and asks for teams only if there are some', () => {
  const asks = { state: 's', challenge: 'c', redirectUri: REDIRECT }
  expect(authorizeUrl(app({ users: ['octocat'] }), asks)).toBe(
    'https://github.com/login/oauth/authorize?client_id=Iv1.1&redirect_uri=https%3A%2F%2Fpage.example.com%2Fpage%2Fgithub%2Fcallback&state=s&code_challenge=c&code_challenge_method=S256&allow_signup=false',
  )
  expect(authorizeUrl(app({ readers: ['acme/ops'] }), asks)).toContain('&scope=read%3Aorg')
})

test.for([
  ['by name', { users: ['octocat'] }, { status: 404 }, 'operator'],
  ['by name, to look', { readers: ['octocat'] }, { status: 404 }, 'reader'],
  ['by a team', { teams: ['acme/ops'] }, { status: 200, state: 'active' }, 'operator'],
  ['by a team, to look', { readers: ['acme/ops'] }, { status: 200, state: 'active' }, 'reader'],
  [
    'by a team that has invited them',
    { teams: ['acme/ops'] },
    { status: 200, state: 'pending' },
    undefined,
  ],
  ['who is in no team', { teams: ['acme/ops'] }, { status: 404 }, undefined],
  ['whose teams nobody may see', { teams: ['acme/ops'] }, { status: 403 }, undefined],
  ['who is somebody else', { users: ['octocat-2', 'octo'] }, { status: 404 }, undefined],
] as const)('somebody %s', async ([, allowed, is, role]) => {
  membership = is
  const lists = Object.fromEntries(Object.entries(allowed).map(([key, names]) => [key, [...names]]))
  expect(await signIn(lists)).toEqual(
    role === undefined ? undefined : { name: 'github:octocat', role },
  )
  expect(asked.filter((each) => !each.startsWith('POST'))).toEqual(
    asked.filter((each) => each.endsWith(' token gho_of-octocat')),
  )
})

test('a code without its verifier is worth nothing', async () => {
  await expect(signIn({ users: ['octocat'] }, 'a-guess')).rejects.toThrow(
    'GitHub gave no token: bad_verification_code',
  )
})

test('an answer that is none is an error', async () => {
  token = { something: 'else' }
  await expect(signIn({ users: ['octocat'] })).rejects.toThrow(/access_token|Invalid/)
})
