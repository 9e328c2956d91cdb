import { type AskForCredentials, awsCredentials } from '../../protocol/registries/aws.ts'
import {
  assumeRoleRequest,
  type AwsCredentials,
  ecrNeighbours,
  type EcrPlace,
  ecrPlace,
  ecrTokenRequest,
  readAssumedRole,
  readEcrToken,
} from '../../protocol/registries/ecr.ts'
import { ActionError } from '../error.ts'
import { idToken } from '../id-token.ts'
import { hide, say } from '../log.ts'
import type { Login } from '../login.ts'
import { ask, endOf, exchange } from './exchange.ts'

/** Long enough to ask for the registry's token, which then is good for 12 hours. */
const SESSION_SECONDS = 900

/** What the workflow gives for AWS; `''` for nothing. */
export interface AwsInputs {
  /** An access key, as docker/login-action takes it. */
  username: string
  password: string
  role: string
  /** Of the role; `''` for that of the registry. */
  region: string
}

interface Asking {
  host: string
  place: EcrPlace
  env: NodeJS.ProcessEnv
  signal: AbortSignal
}

/**
 * Signs in to ECR or ECR Public: by an access key, by a role that is assumed by GitHub's OIDC token, or as AWS's own tools
 * would on this runner. `undefined` leaves it to the logins that Docker has.
 * @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
 */
export const ecrLogin = async (
  host: string,
  { username, password, role, region }: AwsInputs,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login | undefined> => {
  const asking = { host, place: ecrPlace(host), env, signal }
  if (username !== '' && password !== '') {
    return await tokenLogin(accessKey(username, password, env), asking)
  }
  if (role !== '') return await tokenLogin(await assume(role, region, asking), asking)
  return await loginOfRunner(asking)
}

/** One token is good for every registry in its region that whoever asks may use. */
async function tokenLogin(
  credentials: AwsCredentials,
  { host, place, env, signal }: Asking,
): Promise<Login> {
  const { url, ...request } = await ecrTokenRequest(place, credentials, env)
  const answer = await exchange(url, {
    ...request,
    what: `${host} gives no token`,
    hint: (why) => tokenHint(why, place),
    signal,
  })
  const login = readEcrToken(answer)
  if (login === undefined) {
    throw new ActionError('login_failed', `${url} answered without a token`)
  }
  const { username, password, expiresAt } = login
  const accounts = (env['AWS_ACCOUNT_IDS'] ?? '').split(',').map((account) => account.trim())
  const alsoAt = ecrNeighbours(
    host,
    accounts.filter((account) => account !== ''),
  )
  const endsAt = expiresAt === undefined ? endOf(answer) : expiresAt * 1000
  return { registry: host, username, password, alsoAt, endsAt }
}

function tokenHint(why: string, { service, region }: EcrPlace): string {
  if (why.includes('does not resolve')) return noRegion(region, 'registry')
  if (/security token|signature|UnrecognizedClient/i.test(why)) {
    return 'As username and password give the id and the secret of an access key, or AWS and what "aws ecr get-login-password" prints; better give aws-role, which needs no secret.'
  }
  const isPublic = service === 'ecr-public'
  return `The role or user needs ${service}:GetAuthorizationToken${isPublic ? ' and sts:GetServiceBearerToken' : ''}, and to push ${service}:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on the repository.`
}

const noRegion = (region: string, input: string): string =>
  `Check the region ${region} in ${input}: "aws ec2 describe-regions" lists those that there are.`

function accessKey(id: string, secret: string, env: NodeJS.ProcessEnv): AwsCredentials {
  // a key for a while is of no use without its session
  const session = id.startsWith('ASIA') ? env['AWS_SESSION_TOKEN'] : undefined
  hide(secret, session)
  return { accessKeyId: id, secretAccessKey: secret, ...(session && { sessionToken: session }) }
}

async function assume(
  role: string,
  region: string,
  { place, env, signal }: Asking,
): Promise<AwsCredentials> {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role)) {
    throw new ActionError('bad_input', `input aws-role: "${role}" is not the ARN of a role`, {
      hint: 'Write its ARN: arn:aws:iam::123456789012:role/deploy.',
    })
  }
  const token = await idToken('sts.amazonaws.com', `assume ${role}`, signal)
  const session = `deploy-action-${env['GITHUB_RUN_ID'] ?? ''}`
  const at = { region: region || place.region, domain: place.domain }
  const { url, ...request } = assumeRoleRequest(
    { role, session, seconds: SESSION_SECONDS, token },
    at,
    env,
  )
  const answer = await exchange(url, {
    ...request,
    what: `the role ${role} cannot be assumed`,
    hint: (why) => roleHint(why, at.region),
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

function roleHint(why: string, region: string): string {
  if (why.includes('does not resolve')) return noRegion(region, 'aws-region')
  if (why.includes('OpenIDConnect provider')) {
    return 'Tell the account of GitHub once: aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com'
  }
  return 'The trust policy of the role has to name the provider token.actions.githubusercontent.com, the audience sts.amazonaws.com and this repository as subject; AWS says the same of a role that there is not.'
}

/**
 * By what AWS's tools find here: what aws-actions/configure-aws-credentials left in the environment, else the identity of the
 * machine or container. That one may be meant for something else: when ECR refuses it, Docker's own logins have their turn.
 */
async function loginOfRunner(asking: Asking): Promise<Login | undefined> {
  const found = await findCredentials(asking)
  if (found === undefined) return undefined
  const { credentials, from } = found
  hide(credentials.secretAccessKey, credentials.sessionToken)
  if (from === 'environment') return await tokenLogin(credentials, asking)
  try {
    const login = await tokenLogin(credentials, asking)
    say(`found AWS credentials: ${from}`)
    return login
  } catch (error) {
    if (asking.signal.aborted || !(error instanceof ActionError)) throw error
    say(`AWS credentials (${from}) are of no use: ${error.message}`)
    return undefined
  }
}

async function findCredentials({ place, env, signal }: Asking) {
  try {
    const session = `deploy-action-${env['GITHUB_RUN_ID'] ?? ''}`
    return await awsCredentials({
      env,
      profile: '',
      session,
      place,
      ask: askBy(signal),
      signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    say(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

const askBy =
  (signal: AbortSignal): AskForCredentials =>
  (url, { method = 'GET', ...request }, { deadlineMs, isMachine = false } = {}) =>
    ask(
      url,
      { ...request, method, isDirect: isMachine },
      { signal, ...(deadlineMs !== undefined && { deadlineMs }) },
    )
