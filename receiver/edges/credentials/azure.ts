import { decodeJwt } from 'jose'
import * as v from 'valibot'
import { form, FORM } from '../../../protocol/registries/answers.ts'
import { withoutTrailingSlash } from '../../../protocol/trailing-slash.ts'
import { ask, readAnswer } from './ask.ts'
import type { Issued, Issuing } from './login.ts'

/** The user name of whoever has a token (learn.microsoft.com, "Authenticate with an Azure container registry"). */
const TOKEN_USER = '00000000-0000-0000-0000-000000000000'
const METADATA = 'http://169.254.169.254'
const METADATA_DEADLINE_MS = 5000
const RESOURCE = 'https://containerregistry.azure.net/'
const AUTHORITY = 'https://login.microsoftonline.com'
/** ACR's refresh tokens last three hours. */
const LIFETIME_MS = 3 * 60 * 60 * 1000

export interface AzureIdentity {
  /** Of a user-assigned identity, or of the application; `''` for the machine's own. */
  clientId: string
  /** With a secret: a service principal. */
  tenantId: string
  clientSecret: string
}

/** A login for ACR: Entra's token, by the machine's identity or an application's secret, becomes the registry's. */
export async function azureLogin(
  host: string,
  identity: AzureIdentity,
  context: Issuing,
  /** Where the registry answers. */
  base = `https://${host}`,
): Promise<Issued> {
  const accessToken =
    identity.clientSecret === ''
      ? await ofManagedIdentity(identity.clientId, context)
      : await ofServicePrincipal(identity, context)
  const body = form({
    grant_type: 'access_token',
    service: host,
    ...(identity.tenantId === '' ? {} : { tenant: identity.tenantId }),
    access_token: accessToken,
  })
  const answer = await ask(
    `${base}/oauth2/exchange`,
    { method: 'POST', headers: FORM, body },
    context,
  )
  const password = read(answer, 'refresh_token')
  return {
    login: { username: TOKEN_USER, password },
    expiresAt: expiryOf(password) ?? context.now() + LIFETIME_MS,
  }
}

/** The instance's metadata (learn.microsoft.com, "How to use managed identities on a VM to acquire an access token"). */
async function ofManagedIdentity(
  clientId: string,
  { env, fetch, signal }: Issuing,
): Promise<string> {
  const base = withoutTrailingSlash(env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || METADATA)
  const query = form({
    'api-version': '2018-02-01',
    resource: RESOURCE,
    ...(clientId === '' ? {} : { client_id: clientId }),
  })
  const answer = await ask(
    `${base}/metadata/identity/oauth2/token?${query}`,
    { headers: { metadata: 'true' } },
    { fetch, signal, deadlineMs: METADATA_DEADLINE_MS },
  )
  return read(answer, 'access_token')
}

async function ofServicePrincipal(
  { clientId, tenantId, clientSecret }: AzureIdentity,
  context: Issuing,
): Promise<string> {
  const authority = withoutTrailingSlash(context.env['AZURE_AUTHORITY_HOST'] || AUTHORITY)
  const body = form({
    client_id: clientId,
    client_secret: clientSecret,
    scope: `${RESOURCE}.default`,
    grant_type: 'client_credentials',
  })
  const url = `${authority}/${tenantId}/oauth2/v2.0/token`
  return read(await ask(url, { method: 'POST', headers: FORM, body }, context), 'access_token')
}

function read(text: string, name: string): string {
  const value = readAnswer(v.record(v.string(), v.unknown()), text)[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`the answer has no ${name}`)
}

function expiryOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? undefined : exp * 1000
  } catch {
    return undefined
  }
}
