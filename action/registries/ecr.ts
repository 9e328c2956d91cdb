import {
  assumeRoleRequest,
  type AwsCredentials,
  ecrPlace,
  ecrTokenRequest,
  readAssumedRole,
  readEcrToken,
} from '../../protocol/registries/ecr.ts'
import { ActionError } from '../error.ts'
import { idToken } from '../id-token.ts'
import { hide, say } from '../log.ts'
import type { Login } from '../login.ts'
import { exchange } from './exchange.ts'

/** Long enough to ask for the registry's token, which then is good for 12 hours. */
const SESSION_SECONDS = 900

/**
 * Signs in to ECR or ECR Public: with a role that is assumed by GitHub's OIDC token, else with the credentials of the
 * environment (as aws-actions/configure-aws-credentials leaves them). `undefined` when there are neither.
 * @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
 */
export const ecrLogin = async (
  host: string,
  { role, region }: { role: string; region: string },
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login | undefined> => {
  const credentials =
    role === '' ? credentialsOf(env) : await assume(role, { host, region, env, signal })
  if (credentials === undefined) return undefined
  const place = ecrPlace(host, region)
  const { url, ...request } = await ecrTokenRequest(place, credentials, env)
  const isPublic = place.service === 'ecr-public'
  const answer = await exchange(url, {
    ...request,
    what: `${host} gives no token`,
    hint: `The role or user needs ${place.service}:GetAuthorizationToken${isPublic ? ' and sts:GetServiceBearerToken' : ''}, and to push ${place.service}:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on the repository.`,
    signal,
  })
  const login = readEcrToken(answer)
  if (login === undefined) {
    throw new ActionError('login_failed', `${url} answered without a token`)
  }
  const { username, password } = login
  return { registry: host, username, password, isShortLived: true }
}

function credentialsOf(env: NodeJS.ProcessEnv): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  if (!id || !secret) return undefined
  hide(secret, token)
  return { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) }
}

async function assume(
  role: string,
  {
    host,
    region,
    env,
    signal,
  }: { host: string; region: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<AwsCredentials> {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role)) {
    throw new ActionError('bad_input', `input aws-role: "${role}" is not the ARN of a role`, {
      hint: 'Write its ARN: arn:aws:iam::123456789012:role/deploy.',
    })
  }
  const token = await idToken('sts.amazonaws.com', `assume ${role}`, signal)
  const session = `deploy-action-${env['GITHUB_RUN_ID'] ?? ''}`
  const { url, ...request } = assumeRoleRequest(
    { role, session, seconds: SESSION_SECONDS, token },
    ecrPlace(host, region),
    env,
  )
  const answer = await exchange(url, {
    ...request,
    what: `the role ${role} cannot be assumed`,
    hint: 'The trust policy of the role has to name the provider token.actions.githubusercontent.com, the audience sts.amazonaws.com and this repository as subject.',
    signal,
  })
  const credentials = readAssumedRole(answer)
  if (credentials === undefined) {
    throw new ActionError('login_failed', `STS gave no credentials for ${role}`)
  }
  hide(credentials.secretAccessKey, credentials.sessionToken)
  say(`assumed ${role}`)
  return credentials
}
