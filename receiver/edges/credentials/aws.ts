import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import {
  assumeRoleRequest,
  type AwsCredentials,
  type EcrPlace,
  readAssumedRole,
} from '../../../protocol/registries/ecr.ts'
import { ask, readAnswer } from './ask.ts'

/** The instance's metadata is on the machine itself, or nowhere. */
const METADATA_DEADLINE_MS = 2000
const METADATA = 'http://169.254.169.254'
const CONTAINER = 'http://169.254.170.2'
const SESSION_SECONDS = 3600

const Served = v.object({
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  Token: v.string(),
})

export interface AwsContext {
  env: NodeJS.ProcessEnv
  /** Profile of the shared credentials file; `''` for `AWS_PROFILE`, else `default`. */
  profile: string
  place: EcrPlace
  fetch: typeof globalThis.fetch
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
  const { env, place, fetch, signal } = context
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env
  if (!file || !role) return undefined
  const token = readFileSync(file, 'utf8').trim()
  const session = env['AWS_ROLE_SESSION_NAME'] || 'deploy-receiver'
  const { url, headers, body } = assumeRoleRequest(
    { role, session, seconds: SESSION_SECONDS, token },
    place,
    env,
  )
  return readAssumedRole(await ask(url, { method: 'POST', headers, body }, { fetch, signal }))
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

async function fromContainer({
  env,
  fetch,
  signal,
}: AwsContext): Promise<AwsCredentials | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } =
    env
  const url = path ? `${CONTAINER}${path}` : full
  if (!url) return undefined
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file ? readFileSync(file, 'utf8').trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  const headers: Record<string, string> = token ? { authorization: token } : {}
  return served(await ask(url, { headers }, { fetch, signal }))
}

/** IMDSv2 (docs.aws.amazon.com, "Use the Instance Metadata Service"). */
async function fromInstance({
  env,
  fetch,
  signal,
}: AwsContext): Promise<AwsCredentials | undefined> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || METADATA).replace(/\/+$/, '')
  const options = { fetch, signal, deadlineMs: METADATA_DEADLINE_MS }
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

function served(text: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token } = readAnswer(Served, text)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }
}
