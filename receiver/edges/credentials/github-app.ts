import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import * as v from 'valibot'
import { withoutTrailingSlash } from '../../../protocol/trailing-slash.ts'
import { ask, readAnswer } from './ask.ts'
import type { Issued, Issuing } from './login.ts'

const API = 'https://api.github.com'
/** Dated back a minute, for clocks that differ; GitHub takes ten minutes at most. */
const BACK_SECONDS = 60
const LIFETIME_SECONDS = 9 * 60

const Token = v.object({ token: v.pipe(v.string(), v.nonEmpty()), expires_at: v.string() })

export interface GithubApp {
  id: string
  installation: string
  /** PEM file of the app's private key. */
  keyFile: string
}

/**
 * A login for ghcr.io as a GitHub App: its installation's token, good for an hour, with the permission to read packages
 * (docs.github.com, "Generating an installation access token").
 */
export async function githubAppLogin(
  { id, installation, keyFile }: GithubApp,
  context: Issuing,
): Promise<Issued> {
  const seconds = Math.floor(context.now() / 1000)
  // GitHub's keys are PKCS #1, which jose does not read
  const key = createPrivateKey(readFileSync(keyFile))
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(id)
    .setIssuedAt(seconds - BACK_SECONDS)
    .setExpirationTime(seconds + LIFETIME_SECONDS)
    .sign(key)
  const api = withoutTrailingSlash(context.env['GITHUB_API_URL'] || API)
  const answer = await ask(
    `${api}/app/installations/${installation}/access_tokens`,
    {
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        authorization: `Bearer ${assertion}`,
        'content-type': 'application/json',
        'user-agent': 'deploy-receiver',
      },
      body: JSON.stringify({ permissions: { packages: 'read' } }),
    },
    context,
  )
  const { token, expires_at: expiresAt } = readAnswer(Token, answer)
  return {
    login: { username: 'x-access-token', password: token },
    expiresAt: Date.parse(expiresAt),
  }
}
