const GITHUB = 'github.com'

/** Where images of a GitHub go: ghcr.io, or `containers.` of a company's own (docs.github.com, "Working with the Container registry"). */
export const githubRegistry = (serverUrl: string): string => {
  const server = new URL(serverUrl).host
  return server === GITHUB ? 'ghcr.io' : `containers.${server}`
}

/** Whether a password is the workflow's token: as an input says, or by its form (also where `github-token` is another one). */
export const isWorkflowToken = (password: string, githubToken: string): boolean =>
  password !== '' && (password === githubToken || password.startsWith('ghs_'))

/**
 * Whether the workflow's token is for this registry: that of the GitHub that gave it, or its older ones. To a company's GitHub
 * ghcr.io is a stranger like any other.
 */
export const isGithubRegistry = (host: string, serverUrl: string): boolean => {
  const server = new URL(serverUrl).host
  if (host === githubRegistry(serverUrl) || host === `docker.${server}`) return true
  return server === GITHUB && host.endsWith('.pkg.github.com')
}
