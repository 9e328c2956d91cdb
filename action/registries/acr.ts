import { form, FORM } from '../../protocol/registries/answers.ts'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import { idToken } from '../id-token.ts'
import { say } from '../log.ts'
import type { Login } from '../login.ts'
import { endOf, exchange, readSecret } from './exchange.ts'

/** Azure's clouds: where they sign in, and the suffix of their registries. */
const CLOUDS = [
  { suffix: '.azurecr.io', authority: 'https://login.microsoftonline.com' },
  { suffix: '.azurecr.cn', authority: 'https://login.chinacloudapi.cn' },
  { suffix: '.azurecr.us', authority: 'https://login.microsoftonline.us' },
] as const
/** The user name of whoever has a token (learn.microsoft.com, "Authenticate with an Azure container registry"). */
const TOKEN_USER = '00000000-0000-0000-0000-000000000000'

export const isAcr = (host: string): boolean => CLOUDS.some(({ suffix }) => host.endsWith(suffix))

/**
 * Signs in to Azure Container Registry with no secret: GitHub's OIDC token becomes an Entra token, and that the registry's
 * refresh token.
 * @throws ActionError `login_failed`, `no_id_token`.
 */
export const acrLogin = async (
  host: string,
  { clientId, tenantId }: { clientId: string; tenantId: string },
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  /** Where the registry answers. */
  base = `https://${host}`,
): Promise<Login> => {
  const cloud = CLOUDS.find(({ suffix }) => host.endsWith(suffix)) ?? CLOUDS[0]
  const authority = withoutTrailingSlash(env['AZURE_AUTHORITY_HOST'] || cloud.authority)
  const assertion = await idToken('api://AzureADTokenExchange', `sign in to ${host}`, signal)
  const entra = await exchange(`${authority}/${tenantId}/oauth2/v2.0/token`, {
    headers: FORM,
    body: form({
      client_id: clientId,
      scope: 'https://containerregistry.azure.net/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      grant_type: 'client_credentials',
    }),
    what: `Entra does not sign in the application ${clientId}`,
    hint: 'The application or managed identity needs a federated credential with the issuer https://token.actions.githubusercontent.com and this repository as subject.',
    signal,
  })
  const accessToken = readSecret(entra, 'access_token', 'Entra')
  const registry = await exchange(`${base}/oauth2/exchange`, {
    headers: FORM,
    body: form({
      grant_type: 'access_token',
      service: host,
      tenant: tenantId,
      access_token: accessToken,
    }),
    what: `${host} does not take Entra's token`,
    hint: `The application needs the role AcrPush on ${host}.`,
    signal,
  })
  say(`signed in to ${host} as the application ${clientId}`)
  return {
    registry: host,
    username: TOKEN_USER,
    password: readSecret(registry, 'refresh_token', host),
    endsAt: endOf(registry),
  }
}
