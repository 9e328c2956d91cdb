import type { RunContext } from './context.ts'
import type { Inputs } from './inputs.ts'
import type { Login } from './login.ts'
import { registryHost } from './registry.ts'

/**
 * The login that the inputs ask for; undefined leaves Docker's own logins in charge. The workflow's token is only ever
 * sent to GitHub's registries: for another host it would be a secret handed to a stranger.
 */
export const chooseLogin = (inputs: Inputs, run: RunContext): Login | undefined => {
  if (inputs.password === '' || inputs.username === '') return undefined
  const isWorkflowToken = inputs.password === inputs.githubToken
  if (isWorkflowToken && !isGithubRegistry(registryHost(inputs.registry), run)) return undefined
  return { registry: inputs.registry, username: inputs.username, password: inputs.password }
}

/** `ghcr.io`, GitHub's older registries, and `containers.` of a company's own GitHub. */
const isGithubRegistry = (host: string, run: RunContext): boolean => {
  if (host === 'ghcr.io' || host.endsWith('.pkg.github.com')) return true
  const server = new URL(run.serverUrl).host
  return server !== 'github.com' && (host === `containers.${server}` || host === `docker.${server}`)
}
