import { form, FORM } from '../../protocol/registries/answers.ts'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import { ActionError } from '../error.ts'
import { idToken } from '../id-token.ts'
import { say } from '../log.ts'
import type { Login } from '../login.ts'
import { endOf, exchange, readSecret } from './exchange.ts'

/** The user name of whoever has a token (cloud.google.com, "Configure authentication to Artifact Registry for Docker"). */
const TOKEN_USER = 'oauth2accesstoken'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** As long as Google gives a service account's token without being asked for more: it has to outlast the build. */
const LIFETIME = '3600s'
const PROVIDER =
  /^projects\/\d+\/locations\/[\w-]+\/workloadIdentityPools\/[\w-]+\/providers\/[\w-]+$/

/** Google's Artifact Registry, also by the names of the Container Registry that it took over. */
export const isGoogleRegistry = (host: string): boolean =>
  host.endsWith('-docker.pkg.dev') || host === 'gcr.io' || host.endsWith('.gcr.io')

export interface GcpInputs {
  /** `projects/123/locations/global/workloadIdentityPools/github/providers/acme`. */
  provider: string
  /** Address of the service account to become; `''` for none, when the pool itself has the rights. */
  serviceAccount: string
}

/**
 * Signs in to Google's registries with no secret, by workload identity federation: GitHub's OIDC token becomes Google's, and
 * that a service account's (cloud.google.com, "Configure Workload Identity Federation with deployment pipelines").
 * @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
 */
export const gcpLogin = async (
  host: string,
  { provider: given, serviceAccount }: GcpInputs,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login> => {
  const provider = readProvider(given)
  const federated = await federate(provider, host, env, signal)
  const token =
    serviceAccount === ''
      ? federated
      : await become(serviceAccount, federated.password, env, signal)
  say(`signed in to Google as ${serviceAccount === '' ? provider : serviceAccount}`)
  return { registry: host, username: TOKEN_USER, ...token }
}

type Token = Required<Pick<Login, 'password' | 'endsAt'>>

function readProvider(given: string): string {
  const provider = given.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '')
  if (PROVIDER.test(provider)) return provider
  throw new ActionError(
    'bad_input',
    `input gcp-workload-identity-provider: "${given}" is not the name of a provider`,
    {
      hint: 'Write what this prints: gcloud iam workload-identity-pools providers describe NAME --workload-identity-pool POOL --location global --format "value(name)". It begins with projects/ and the number of the project.',
    },
  )
}

async function federate(
  provider: string,
  host: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Token> {
  // what a provider takes unless it was told of other audiences
  const token = await idToken(
    `https://iam.googleapis.com/${provider}`,
    `sign in to ${host}`,
    signal,
  )
  const answer = await exchange(`${endpoint('STS', 'https://sts.googleapis.com', env)}/v1/token`, {
    headers: FORM,
    body: form({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `//iam.googleapis.com/${provider}`,
      scope: SCOPE,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: token,
    }),
    what: `Google does not take GitHub's token for ${provider}`,
    hint: federationHint,
    signal,
  })
  return { password: readSecret(answer, 'access_token', 'Google'), endsAt: endOf(answer) }
}

function federationHint(why: string): string {
  if (/attribute condition/i.test(why)) {
    return 'The attribute condition of the provider has to be true for this repository: gcloud iam workload-identity-pools providers describe shows it.'
  }
  if (/audience in ID Token/i.test(why)) {
    return 'The provider has allowed audiences of its own: take them away, so that it takes the default.'
  }
  return 'The pool and its provider have to be there and enabled, with the issuer https://token.actions.githubusercontent.com; its name has the number of the project, not its id.'
}

async function become(
  account: string,
  token: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Token> {
  const base = endpoint('IAMCREDENTIALS', 'https://iamcredentials.googleapis.com', env)
  const name = encodeURIComponent(account)
  const answer = await exchange(
    `${base}/v1/projects/-/serviceAccounts/${name}:generateAccessToken`,
    {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [SCOPE], lifetime: LIFETIME }),
      what: `the service account ${account} gives no token`,
      hint: (why) =>
        /has not been used|is disabled|SERVICE_DISABLED/i.test(why)
          ? 'Turn the API on: gcloud services enable iamcredentials.googleapis.com'
          : `Let this repository's tokens act for it: gcloud iam service-accounts add-iam-policy-binding ${account} --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/attribute.repository/OWNER/NAME"`,
      signal,
    },
  )
  return { password: readSecret(answer, 'accessToken', 'Google'), endsAt: endOf(answer) }
}

/** gcloud's own variables name another endpoint (cloud.google.com, "gcloud config set", api_endpoint_overrides). */
const endpoint = (service: string, standard: string, env: NodeJS.ProcessEnv): string =>
  withoutTrailingSlash(env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service}`] || standard)
