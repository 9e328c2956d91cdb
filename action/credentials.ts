import { isEcr } from '../protocol/registries/ecr.ts'
import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'
import { say } from './log.ts'
import type { Login } from './login.ts'
import { acrLogin, isAcr } from './registries/acr.ts'
import { dockerHubLogin } from './registries/docker-hub.ts'
import { ecrLogin } from './registries/ecr.ts'
import { gcpLogin, isGoogleRegistry } from './registries/gcp.ts'
import { isGithubRegistry, isWorkflowToken } from './registries/github.ts'

/** Beside it stands a token of ECR's; beside any other name the secret of an access key. */
const ECR_TOKEN_USER = 'AWS'

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
  sayUnused(inputs)
  const isOfWorkflow = isWorkflowToken(password, inputs.githubToken)
  const isGiven = password !== '' && username !== '' && !isOfWorkflow
  if (isEcr(registry) && !(isGiven && username === ECR_TOKEN_USER)) {
    const key = isGiven ? { username, password } : { username: '', password: '' }
    const { awsRole: role, awsRegion: region } = inputs
    return ecrLogin(registry, { ...key, role, region }, env, signal)
  }
  if (isGiven) return { registry, username, password }
  const { azureClientId: clientId, azureTenantId: tenantId } = inputs
  if (isAcr(registry) && (clientId !== '' || tenantId !== '')) {
    if (clientId === '' || tenantId === '') {
      throw new ActionError('bad_input', 'azure-client-id and azure-tenant-id go together', {
        hint: 'Give both: az ad app list and az account show print them.',
      })
    }
    return acrLogin(registry, { clientId, tenantId }, env, signal)
  }
  const { gcpProvider: provider, gcpServiceAccount: serviceAccount } = inputs
  if (isGoogleRegistry(registry) && (provider !== '' || serviceAccount !== '')) {
    if (provider === '') {
      throw new ActionError(
        'bad_input',
        'gcp-service-account needs gcp-workload-identity-provider',
        {
          hint: 'Give the name of the provider: projects/123/locations/global/workloadIdentityPools/github/providers/acme.',
        },
      )
    }
    return gcpLogin(registry, { provider, serviceAccount }, env, signal)
  }
  const connection = env['DOCKERHUB_OIDC_CONNECTIONID']?.trim() ?? ''
  if (registry === 'docker.io' && connection !== '') {
    return dockerHubLogin(username, connection, signal)
  }
  if (!isOfWorkflow || username === '' || !isGithubRegistry(registry, run.serverUrl)) {
    return undefined
  }
  return { registry, username, password }
}

/** What signs in to one kind of registry only, where the registry is none of it: of several images it may be the second one's. */
function sayUnused(inputs: Inputs): void {
  const { registry, awsRole, azureClientId, gcpProvider } = inputs
  const unused = [
    awsRole !== '' && !isEcr(registry) && 'aws-role',
    azureClientId !== '' && !isAcr(registry) && 'azure-client-id',
    gcpProvider !== '' && !isGoogleRegistry(registry) && 'gcp-workload-identity-provider',
  ]
  for (const name of unused.filter((one) => one !== false)) {
    say(`input ${name} does nothing at ${registry}: write the host that it is for as registry`)
  }
}
