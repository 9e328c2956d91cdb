import { createHmac, type KeyObject } from 'node:crypto'
import { ProblemError } from '../problem.ts'
import { isSame } from './constant-time.ts'

/** The token that lets whoever got the 202 read that one deployment. It is derived, so none is stored. */
export const followToken = (key: KeyObject, deployment: string): string =>
  createHmac('sha256', key).update(`follow:${deployment}`).digest('base64url')

/** Throws `token_rejected` unless the request bears a read token or, for one deployment, its follow token. */
export function requireReadAccess(
  authorization: string | undefined,
  access: { readTokens: readonly string[]; followKey: KeyObject; deployment?: string },
): void {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  const accepted = [
    ...access.readTokens,
    ...(access.deployment === undefined ? [] : [followToken(access.followKey, access.deployment)]),
  ]
  let allowed = false
  for (const token of accepted) allowed = (given !== undefined && isSame(given, token)) || allowed
  if (allowed) return
  throw new ProblemError('token_rejected', 'no valid token for this', {
    hint: 'send `Authorization: Bearer` with the follow token of the 202, or one of `read_tokens`',
    headers: { 'www-authenticate': 'Bearer' },
  })
}
