import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { assumeRoleRequest, type AwsCredentials, type EcrPlace, readAssumedRole } from './ecr.ts'
import { withoutTrailingSlash } from '../trailing-slash.ts'

/** The instance's metadata is on the machine itself, or nowhere. */
const METADATA_DEADLINE_MS = 2000
const METADATA = 'http://169.254.169.254'
const CONTAINER = 'http://169.254.170.2'
const SESSION_SECONDS = 3600

const Served = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ AccessKeyId: v.string(), SecretAccessKey: v.string(), Token: v.string() }),
)

/** One request to a service that gives credentials. Rejects, in words that hold no secret, unless it is answered with 200. */
export type AskForCredentials = (
  url: string,
  request: { method?: 'GET' | 'PUT' | 'POST'; headers?: Record<string, string>; body?: string },
  options?: {
    deadlineMs?: number
    /** It is the machine itself that is asked: no proxy may answer for it. */
    isMachine?: boolean
  },
) => Promise<string>

export interface AwsContext {
  env: NodeJS.ProcessEnv
  /** Profile of the shared credentials file; `''` for `AWS_PROFILE`, else `default`. */
  profile: string
  /** Name of the session of a role, unless `AWS_ROLE_SESSION_NAME` is another. */
  session: string
  place: EcrPlace
  ask: AskForCredentials
  signal: AbortSignal
}

/**
 * AWS's credentials, looked for as its own tools do (docs.aws.amazon.com, "Standardized credential providers"): environment, web
 * identity, shared file, container, instance. Each says where they are from. Throws an error that names what was tried.
 */
export async function awsCredentials(
  context: AwsContext,
): Promise<{ credentials: AwsCredentials; from: string }> {
  const tried: string[] = []
  for (const [from, provide] of PROVIDERS) {
    try {
      const credentials = await provide(context)
      if (credentials !== undefined) return { credentials, from }
      tried.push(`${from}: none`)
    } catch (error) {
      context.signal.throwIfAborted()
      tried.push(`${from}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(`no credentials of AWS (${tried.join('; ')})`)
}

type Provide = (context: AwsContext) => Promise<AwsCredentials | undefined>

const PROVIDERS: readonly (readonly [string, Provide])[] = [
  ['environment', fromEnvironment],
  ['web identity', fromWebIdentity],
  ['shared credentials file', fromFile],
  ['container', fromContainer],
  ['instance role', fromInstance],
]

async function fromEnvironment({ env, profile }: AwsContext): Promise<AwsCredentials | undefined> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  // a profile that was named is what is wanted
  if (!id || !secret || profile !== '') return undefined
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
}

async function fromWebIdentity(context: AwsContext): Promise<AwsCredentials | undefined> {
  const { env, place, ask } = context
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env
  if (!file || !role) return undefined
  const token = readFileSync(file, 'utf8').trim()
  const session = env['AWS_ROLE_SESSION_NAME'] || context.session
  const { url, headers, body } = assumeRoleRequest(
    { role, session, seconds: SESSION_SECONDS, token },
    place,
    env,
  )
  return readAssumedRole(await ask(url, { method: 'POST', headers, body }))
}

async function fromFile({ env, profile }: AwsContext): Promise<AwsCredentials | undefined> {
  const home = env['HOME'] || homedir()
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const section = readProfile(text, profile || env['AWS_PROFILE'] || 'default')
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = section
  if (!id || !secret) return undefined
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
}

/** One section of AWS's INI files. */
function readProfile(text: string, profile: string): Record<string, string> {
  const values: Record<string, string> = {}
  let isOurs = false
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)?.[1]
    if (section !== undefined) isOurs = section === profile
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (isOurs && name !== undefined && value !== undefined) values[name] = value
  }
  return values
}

async function fromContainer({ env, ask }: AwsContext): Promise<AwsCredentials | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } =
    env
  const url = path ? `${CONTAINER}${path}` : full
  if (!url) return undefined
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file ? readFileSync(file, 'utf8').trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  const headers: Record<string, string> = token ? { authorization: token } : {}
  return served(await ask(url, { headers }, { isMachine: true }))
}

/** IMDSv2 (docs.aws.amazon.com, "Use the Instance Metadata Service"). */
async function fromInstance({ env, ask }: AwsContext): Promise<AwsCredentials | undefined> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
  const base = withoutTrailingSlash(env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || METADATA)
  const options = { deadlineMs: METADATA_DEADLINE_MS, isMachine: true }
  const token = await ask(
    `${base}/latest/api/token`,
    { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } },
    options,
  )
  const headers = { 'x-aws-ec2-metadata-token': token }
  const roles = `${base}/latest/meta-data/iam/security-credentials/`
  const [role = ''] = (await ask(roles, { headers }, options)).trim().split('\n')
  if (role === '') return undefined
  return served(await ask(`${roles}${encodeURIComponent(role)}`, { headers }, options))
}

/** Throws an error that shows nothing of the answer: there may be half a secret in it. */
function served(text: string): AwsCredentials {
  const answer = v.safeParse(Served, text)
  if (!answer.success) throw new Error('what was answered is not what it has to be')
  const { AccessKeyId, SecretAccessKey, Token } = answer.output
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }
}
