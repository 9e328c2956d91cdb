/** Who may sign in: names in lower case, teams as `org/team`. */
export interface Allowed {
  users: readonly string[]
  teams: readonly string[]
  /** Of both; they may look alone. */
  readers: readonly string[]
}

/** Where GitHub is asked; a test has others. */
export interface GithubHosts {
  web: string
  api: string
}
export const GITHUB: GithubHosts = { web: 'https://github.com', api: 'https://api.github.com' }

/** Where a browser is sent to sign in, with PKCE. https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export function authorizeUrl(
  { clientId, allowed }: { clientId: string; allowed: Allowed },
  { state, challenge, redirectUri }: { state: string; challenge: string; redirectUri: string },
  { web } = GITHUB,
): string {
  const url = new URL('/login/oauth/authorize', web)
  const wantsTeams = [...allowed.teams, ...allowed.readers].some((each) => each.includes('/'))
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    // nothing but who it is, and of which teams if they are asked for
    ...(wantsTeams ? { scope: 'read:org' } : {}),
    allow_signup: 'false',
  }).toString()
  return url.href
}
