import { DeployError } from '../../core/errors.ts'

/** A login as registries take it: a user with a password, or a refresh token (Docker's `identitytoken`). */
export type Login = { username: string; password: string } | { identityToken: string }

/** A login and when it ends, in milliseconds since the epoch; absent: as long as nobody changes it. */
export interface Issued {
  login: Login
  expiresAt?: number
}

/** What it takes to ask for a login. */
export interface Issuing {
  env: NodeJS.ProcessEnv
  fetch: typeof globalThis.fetch
  signal: AbortSignal
  now: () => number
}

export const loginFailed = (host: string, why: string, hint: string, cause?: unknown) =>
  new DeployError('registry_denied', `cannot sign in to ${host}: ${why}`, { hint, cause })
