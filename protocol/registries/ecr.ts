import { AwsClient } from 'aws4fetch'
import * as v from 'valibot'

/** The suffixes of AWS's partitions (awslabs/amazon-ecr-credential-helper), and where each answers to API requests. */
const DOMAINS: Readonly<Record<string, string>> = {
  'amazonaws.com': 'amazonaws.com',
  'amazonaws.com.cn': 'amazonaws.com.cn',
  'amazonaws.eu': 'amazonaws.eu',
  'on.aws': 'amazonaws.com',
  'on.amazonwebservices.com.cn': 'amazonaws.com.cn',
  'c2s.ic.gov': 'c2s.ic.gov',
  'sc2s.sgov.gov': 'sc2s.sgov.gov',
  'cloud.adc-e.uk': 'cloud.adc-e.uk',
  'csp.hci.ic.gov': 'csp.hci.ic.gov',
}
const PRIVATE = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/
/** The second one answers by IPv6 too. */
const PUBLIC = ['public.ecr.aws', 'ecr-public.aws.com']
/** ECR Public gives its tokens here alone. */
const PUBLIC_REGION = 'us-east-1'

export const isEcr = (host: string): boolean => isPublicEcr(host) || partsOf(host) !== undefined
export const isPublicEcr = (host: string): boolean => PUBLIC.includes(host)

function partsOf(host: string): { account: string; region: string; domain: string } | undefined {
  const [, account = '', region = '', suffix = ''] = PRIVATE.exec(host) ?? []
  const domain = Object.hasOwn(DOMAINS, suffix) ? DOMAINS[suffix] : undefined
  return domain === undefined ? undefined : { account, region, domain }
}

/** The registries that a token for `host` is good for too: those of other accounts in its region, and ECR Public by its other name. */
export const ecrNeighbours = (host: string, accounts: readonly string[]): string[] => {
  const account = partsOf(host)?.account
  const hosts =
    account === undefined ? PUBLIC : accounts.map((other) => host.replace(account, other))
  return hosts.filter((other, index) => other !== host && hosts.indexOf(other) === index)
}

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** Where a registry of ECR is. */
export interface EcrPlace {
  service: 'ecr' | 'ecr-public'
  region: string
  /** `amazonaws.com`, or that of China, Europe, …. */
  domain: string
}

/** @param region another one than that of the host's name; ECR Public has but one. */
export const ecrPlace = (host: string, region = ''): EcrPlace => {
  if (isPublicEcr(host)) {
    return { service: 'ecr-public', region: PUBLIC_REGION, domain: 'amazonaws.com' }
  }
  const { region: own, domain } = partsOf(host) ?? {
    region: PUBLIC_REGION,
    domain: 'amazonaws.com',
  }
  return { service: 'ecr', region: region === '' ? own : region, domain }
}

/** A request that is ready to be sent by POST. */
export interface SignedRequest {
  url: string
  headers: Record<string, string>
  body: string
}

/** GetAuthorizationToken of ECR and ECR Public (docs.aws.amazon.com, "Amazon ECR API Reference"), signed. */
export const ecrTokenRequest = async (
  { service, region, domain }: EcrPlace,
  credentials: AwsCredentials,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SignedRequest> => {
  const isPublic = service === 'ecr-public'
  const url = awsEndpoint(
    isPublic ? 'ECR_PUBLIC' : 'ECR',
    `https://api.${service}.${region}.${domain}/`,
    env,
  )
  const body = '{}'
  const { headers } = await new AwsClient({ ...credentials, service, region }).sign(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': isPublic
        ? 'SpencerFrontendService.GetAuthorizationToken'
        : 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    },
    body,
  })
  return { url, headers: Object.fromEntries(headers), body }
}

const Authorization = v.object({
  authorizationToken: v.string(),
  /** Unix seconds. */
  expiresAt: v.optional(v.number()),
})
/** ECR has a list, ECR Public one. */
const TokenAnswer = v.object({
  authorizationData: v.union([Authorization, v.tupleWithRest([Authorization], v.unknown())]),
})

/** The login that the answer holds; `undefined` when it holds none. */
export const readEcrToken = (
  text: string,
): { username: string; password: string; expiresAt?: number } | undefined => {
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), TokenAnswer), text)
  if (!answer.success) return undefined
  const { authorizationData: data } = answer.output
  const { authorizationToken, expiresAt } = Array.isArray(data) ? data[0] : data
  const [username = '', ...password] = Buffer.from(authorizationToken, 'base64')
    .toString('utf8')
    .split(':')
  return {
    username,
    password: password.join(':'),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

/** STS's AssumeRoleWithWebIdentity, which is not signed: the token is the proof. */
export const assumeRoleRequest = (
  {
    role,
    session,
    seconds,
    token,
  }: { role: string; session: string; seconds: number; token: string },
  { region, domain }: Pick<EcrPlace, 'region' | 'domain'>,
  env: Readonly<Record<string, string | undefined>>,
): SignedRequest => ({
  url: awsEndpoint('STS', `https://sts.${region}.${domain}/`, env),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: session.slice(0, 64),
    DurationSeconds: String(seconds),
    WebIdentityToken: token,
  }).toString(),
})

/** The credentials that STS's answer holds; `undefined` when it holds none. */
export const readAssumedRole = (text: string): Required<AwsCredentials> | undefined => {
  const read = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1]
  const accessKeyId = read('AccessKeyId')
  const secretAccessKey = read('SecretAccessKey')
  const sessionToken = read('SessionToken')
  return accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined
    ? undefined
    : { accessKeyId, secretAccessKey, sessionToken }
}

/** AWS's tools let the environment name another endpoint (docs.aws.amazon.com, "Service-specific endpoints"). */
const awsEndpoint = (
  service: string,
  standard: string,
  env: Readonly<Record<string, string | undefined>>,
): string => env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || standard
