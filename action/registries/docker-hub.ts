import { form, FORM } from '../../protocol/registries/answers.ts'
import { idToken } from '../id-token.ts'
import type { Login } from '../login.ts'
import { endOf, exchange, readSecret } from './exchange.ts'

const IDENTITY = 'https://identity.docker.com'
/** As long as a token may live: it has to outlast the build. */
const TOKEN_SECONDS = 3600

/**
 * Signs in to Docker Hub with no secret, by an OIDC connection of the organization (docs.docker.com, "OIDC connections").
 * @throws ActionError `login_failed`, `no_id_token`.
 */
export const dockerHubLogin = async (
  organization: string,
  connection: string,
  signal: AbortSignal,
  identity = IDENTITY,
): Promise<Login> => {
  const token = await idToken(identity, 'sign in to Docker Hub', signal)
  const answer = await exchange(`${identity}/oauth/token`, {
    headers: FORM,
    body: form({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: token,
      connection_id: connection,
      expires_in: String(TOKEN_SECONDS),
    }),
    what: `Docker Hub does not sign in ${organization}`,
    hint: 'DOCKERHUB_OIDC_CONNECTIONID has to be the id of an OIDC connection whose rules take this workflow, and username the organization.',
    signal,
  })
  const password = readSecret(answer, 'access_token', 'Docker Hub')
  return { registry: 'docker.io', username: organization, password, endsAt: endOf(answer) }
}
