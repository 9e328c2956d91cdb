import { isEcr } from '../protocol/registries/ecr.ts'
import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'
import type { Login } from './login.ts'
import { acrLogin, isAcr } from './registries/acr.ts'
import { dockerHubLogin } from './registries/docker-hub.ts'
import { ecrLogin } from './registries/ecr.ts'
import { isGithubRegistry } from './registries/github.ts'

/**
 * The login that the inputs ask for; undefined leaves Docker's own logins in charge. A password that was given goes before
 * what can be had without one. The workflow's token is only ever sent to GitHub's registries: for another host it would
 * be a secret handed to a stranger.
 * @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
 */
export const chooseLogin = async (
  inputs: Inputs,
  run: RunContext,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login | undefined> => {
  const { registry, username, password } = inputs
  const isWorkflowToken = password !== '' && password === inputs.githubToken
  if (password !== '' && username !== '' && !isWorkflowToken) {
    return { registry, username, password }
  }
  if (isEcr(registry)) {
    return ecrLogin(registry, { role: inputs.awsRole, region: inputs.awsRegion }, env, signal)
  }
  const { azureClientId: clientId, azureTenantId: tenantId } = inputs
  if (isAcr(registry) && (clientId !== '' || tenantId !== '')) {
    if (clientId === '' || tenantId === '') {
      throw new ActionError('bad_input', 'azure-client-id and azure-tenant-id go together', {
        hint: 'Give both: az ad app list and az account show print them.',
      })
    }
    return acrLogin(registry, { clientId, tenantId }, env, signal)
  }
  const connection = env['DOCKERHUB_OIDC_CONNECTIONID']?.trim() ?? ''
  if (registry === 'docker.io' && connection !== '') {
    return dockerHubLogin(username, connection, signal)
  }
  if (!isWorkflowToken || username === '' || !isGithubRegistry(registry, run.serverUrl)) {
    return undefined
  }
  return { registry, username, password }
}
