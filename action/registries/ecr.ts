import { AwsClient } from 'aws4fetch'
import { ActionError } from '../error.ts'
import { idToken } from '../id-token.ts'
import { hide, say } from '../log.ts'
import type { Login } from '../login.ts'
import { exchange, form, FORM } from './exchange.ts'

const PRIVATE = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?|on\.aws)$/
const PUBLIC = 'public.ecr.aws'
/** ECR Public gives its tokens here alone. */
const PUBLIC_REGION = 'us-east-1'
/** Long enough to ask for the registry's token, which then is good for 12 hours. */
const SESSION_SECONDS = 900

export const isEcr = (host: string): boolean => host === PUBLIC || PRIVATE.test(host)

/** Credentials of AWS, from the environment or of an assumed role. */
interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/**
 * Signs in to ECR or ECR Public: with a role that is assumed by GitHub's OIDC token, else with the credentials of the
 * environment (as aws-actions/configure-aws-credentials leaves them). `undefined` when there are neither.
 * @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
 */
export const ecrLogin = async (
  host: string,
  { role, region: given }: { role: string; region: string },
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login | undefined> => {
  const [, , own = PUBLIC_REGION, domain = 'amazonaws.com'] = PRIVATE.exec(host) ?? []
  const region = host === PUBLIC ? PUBLIC_REGION : given || own
  const credentials =
    role === ''
      ? credentialsOf(env)
      : await assume(role, { region, domain, run: env['GITHUB_RUN_ID'] ?? '', env, signal })
  if (credentials === undefined) return undefined
  const token = await authorizationToken(host, { region, domain, credentials, env, signal })
  const [username = '', ...password] = Buffer.from(token, 'base64').toString('utf8').split(':')
  return { registry: host, username, password: password.join(':'), isShortLived: true }
}

function credentialsOf(env: NodeJS.ProcessEnv): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  if (!id || !secret) return undefined
  hide(secret, token)
  return { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) }
}

interface Place {
  region: string
  domain: string
  env: NodeJS.ProcessEnv
  signal: AbortSignal
}

/** STS's AssumeRoleWithWebIdentity, which is not signed: the token is the proof. */
async function assume(
  role: string,
  { region, domain, run, env, signal }: Place & { run: string },
): Promise<Credentials> {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role)) {
    throw new ActionError('bad_input', `input aws-role: "${role}" is no role`, {
      hint: 'Write its ARN: arn:aws:iam::123456789012:role/deploy.',
    })
  }
  const token = await idToken('sts.amazonaws.com', `assume ${role}`, signal)
  const answer = await exchange(endpoint('STS', `https://sts.${region}.${domain}/`, env), {
    headers: FORM,
    body: form({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: `deploy-action-${run}`.slice(0, 64),
      DurationSeconds: String(SESSION_SECONDS),
      WebIdentityToken: token,
    }),
    what: `the role ${role} cannot be assumed`,
    hint: 'The trust policy of the role has to name the provider token.actions.githubusercontent.com, the audience sts.amazonaws.com and this repository as subject.',
    signal,
  })
  const read = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1] ?? ''
  const credentials = {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
  }
  hide(credentials.secretAccessKey, credentials.sessionToken)
  if (Object.values(credentials).includes('')) {
    throw new ActionError('login_failed', `STS gave no credentials for ${role}`)
  }
  say(`assumed ${role}`)
  return credentials
}

/** ECR's and ECR Public's GetAuthorizationToken: `AWS:password`, in base64. */
async function authorizationToken(
  host: string,
  { region, domain, credentials, env, signal }: Place & { credentials: Credentials },
): Promise<string> {
  const isPublic = host === PUBLIC
  const service = isPublic ? 'ecr-public' : 'ecr'
  const target = isPublic
    ? 'SpencerFrontendService.GetAuthorizationToken'
    : 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken'
  const standard = `https://api.${service}.${region}.${domain === 'on.aws' ? 'amazonaws.com' : domain}/`
  const url = endpoint(isPublic ? 'ECR_PUBLIC' : 'ECR', standard, env)
  const body = '{}'
  const signed = await new AwsClient({ ...credentials, service, region }).sign(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body,
  })
  const answer = await exchange(url, {
    headers: Object.fromEntries(signed.headers),
    body,
    what: `${host} gives no token`,
    hint: `The role or user needs ${service}:GetAuthorizationToken${isPublic ? ' and sts:GetServiceBearerToken' : ''}, and to push ecr:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on the repository.`,
    signal,
  })
  const { authorizationData: data } = JSON.parse(answer) as {
    authorizationData?: Authorization | Authorization[]
  }
  const token = (Array.isArray(data) ? data[0] : data)?.authorizationToken
  if (token !== undefined) return token
  throw new ActionError('login_failed', `${url} answered without a token`)
}

interface Authorization {
  authorizationToken?: string
}

/** AWS's tools let the environment name another endpoint: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const endpoint = (service: string, standard: string, env: NodeJS.ProcessEnv): string =>
  env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || standard
