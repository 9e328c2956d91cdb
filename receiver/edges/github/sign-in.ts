import { Octokit } from '@octokit/rest'
import * as v from 'valibot'
import { readText } from '../../../protocol/read-body.ts'
import type { Person } from '../../core/sign-in/session.ts'
import { type Allowed, GITHUB } from './authorize-url.ts'

const Token = v.union([
  v.object({ access_token: v.string() }),
  v.object({ error: v.string(), error_description: v.optional(v.string()) }),
])

const MAX_TOKEN_BYTES = 64 * 1024
/** What is wrong is told by who asks; that somebody is in no team is nothing wrong. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Whom a code stands for, if they may come in. Throws an error that says what GitHub answered. */
export async function githubPerson(
  app: { clientId: string; clientSecret: string; allowed: Allowed },
  answer: { code: string; verifier: string; redirectUri: string; signal: AbortSignal },
  hosts = GITHUB,
): Promise<Person | undefined> {
  const { users, teams, readers } = app.allowed
  const { signal } = answer
  const auth = await tokenOf(app, answer, hosts.web)
  const octokit = new Octokit({ auth, baseUrl: hosts.api, request: { signal }, log: SILENT })
  const { data } = await octokit.rest.users.getAuthenticated()
  const login = data.login.toLowerCase()
  const isOneOf = async (names: readonly string[]) => {
    for (const each of names) {
      if (each.includes('/') ? await isIn(octokit, each, login) : each === login) return true
    }
    return false
  }
  const name = `github:${login}`
  if (await isOneOf([...users, ...teams])) return { name, role: 'operator' }
  return (await isOneOf(readers)) ? { name, role: 'reader' } : undefined
}

async function tokenOf(
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
  { code, verifier, redirectUri, signal }: Parameters<typeof githubPerson>[1],
  web: string,
): Promise<string> {
  const answer = await fetch(new URL('/login/oauth/access_token', web), {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }),
    signal,
  })
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} when asked for a token`)
  const token = v.parse(Token, JSON.parse(await readText(answer.body, MAX_TOKEN_BYTES)))
  if ('access_token' in token) return token.access_token
  throw new Error(`GitHub gave no token: ${token.error_description ?? token.error}`)
}

/** Whether somebody is a member of a team; whoever may not see it is none. */
async function isIn(octokit: Octokit, team: string, username: string): Promise<boolean> {
  const [org = '', slug = ''] = team.split('/')
  try {
    const { data } = await octokit.rest.teams.getMembershipForUserInOrg({
      org,
      team_slug: slug,
      username,
    })
    return data.state === 'active'
  } catch (error) {
    const { status } = error as { status?: number }
    if (status === 404 || status === 403) return false
    throw error
  }
}
