import type { KeyObject } from 'node:crypto'
import type { Context } from 'hono'
import { requireReadAccess } from '../auth/read-access.ts'
import { arrivalIn } from '../arrival.ts'
import { foreignHost, type Place } from '../hosts.ts'
import { ProblemError } from '../problem.ts'

export interface AccessServices {
  readTokens: readonly string[]
  /** Key of the follow tokens. */
  followKey: KeyObject
}

/** Throws `token_rejected` unless whoever asks may read, or may read this deployment. At the local socket everybody may. */
export function requireMayRead(
  c: Context,
  {
    services: { readTokens, followKey },
    place,
    deployment,
  }: { services: AccessServices; place: Place; deployment?: string },
): void {
  if (place.trusted) return
  const foreign = foreignHost(arrivalIn(c), place.isOwnHost)
  if (foreign !== undefined) {
    throw new ProblemError('token_rejected', foreign, {
      hint: 'ask under the host of `url:`, or at the address of `admin:` by IP address, as localhost, or under the name that stands there',
    })
  }
  requireReadAccess(c.req.header('authorization'), {
    readTokens,
    followKey,
    ...(deployment === undefined ? {} : { deployment }),
  })
}
