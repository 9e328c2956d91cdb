import type { Known } from '../credentials/credentials.ts'

export type AuthConfig = { serveraddress: string } & (
  { username: string; password: string } | { identitytoken: string }
)

/** A login as Docker's API takes it with a call. */
export const authConfig = (registry: string, known: Known | undefined): AuthConfig | undefined => {
  if (known === undefined) return undefined
  const { login } = known
  return 'identityToken' in login
    ? { identitytoken: login.identityToken, serveraddress: registry }
    : { ...login, serveraddress: registry }
}
