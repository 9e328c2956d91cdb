import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ecrLogin } from '../../../action/registries/ecr.ts'
import { Refusal, signedBy, startEcr, startService } from './service.ts'

const { signal } = new AbortController()
const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const NONE = { username: '', password: '', role: '', region: '' }
const ROLE = 'arn:aws:iam::123456789012:role/deploy'
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env-secret' }
let dir: string
let printed: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ecr-login-'))
  printed = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A runner that is nobody at AWS, but for what is given. */
const runner = (more: NodeJS.ProcessEnv = {}) => ({
  HOME: dir,
  AWS_EC2_METADATA_DISABLED: 'true',
  ...more,
})
const served = (id: string) => ({ AccessKeyId: id, SecretAccessKey: 'machine-secret', Token: 't' })

test('an access key goes to AWS, which gives the login; nothing of it reaches the registry', async () => {
  const ecr = await startEcr()
  const key = { ...NONE, username: 'AKIAGIVEN', password: 'given-secret' }
  const env = runner({ ...KEYS, AWS_SESSION_TOKEN: 'of-another', AWS_ENDPOINT_URL_ECR: ecr.url })
  expect(await ecrLogin(ECR, key, env, signal)).toEqual({
    registry: ECR,
    username: 'AWS',
    password: 'ecr-password',
    alsoAt: [],
    endsAt: expect.any(Number) as number,
  })
  expect(signedBy(ecr)).toBe('AKIAGIVEN')
  expect(ecr.heard[0]?.headers['x-amz-security-token']).toBeUndefined()
  expect(JSON.stringify(ecr.heard)).not.toContain('given-secret')
  expect(printed.join('')).toContain('::add-mask::given-secret')
})

test('an access key for a while takes its session along', async () => {
  const ecr = await startEcr()
  const key = { ...NONE, username: 'ASIAGIVEN', password: 'given-secret' }
  const env = runner({ AWS_SESSION_TOKEN: 'session', AWS_ENDPOINT_URL_ECR: ecr.url })
  await ecrLogin(ECR, key, env, signal)
  expect(ecr.heard[0]?.headers['x-amz-security-token']).toBe('session')
})

test('the token serves the registries of AWS_ACCOUNT_IDS too', async () => {
  const ecr = await startEcr()
  const accounts = '210987654321, 123456789012,,345678901234'
  const env = runner({ ...KEYS, AWS_ACCOUNT_IDS: accounts, AWS_ENDPOINT_URL_ECR: ecr.url })
  expect(await ecrLogin(ECR, NONE, env, signal)).toMatchObject({
    alsoAt: [
      '210987654321.dkr.ecr.eu-central-1.amazonaws.com',
      '345678901234.dkr.ecr.eu-central-1.amazonaws.com',
    ],
  })
  expect(ecr.heard).toHaveLength(1)
})

test('the runner’s machine, container or web identity signs in when nothing is given', async () => {
  const ecr = await startEcr()
  const base = { AWS_ENDPOINT_URL_ECR: ecr.url }
  const imds = await startService({
    'PUT /latest/api/token': () => 'imds-token',
    'GET /latest/meta-data/iam/security-credentials/': () => 'push-role\n',
    'GET /latest/meta-data/iam/security-credentials/push-role': () => served('ASIAINSTANCE'),
  })
  const instance = {
    ...base,
    AWS_EC2_METADATA_DISABLED: 'false',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
  }
  expect(await ecrLogin(ECR, NONE, runner(instance), signal)).toBeDefined()
  expect(signedBy(ecr)).toBe('ASIAINSTANCE')
  expect(imds.heard.at(-1)?.headers['x-aws-ec2-metadata-token']).toBe('imds-token')
  expect(printed.join('')).toContain('::add-mask::machine-secret')
  expect(printed.join('')).toContain('found AWS credentials: instance role')

  const agent = await startService({ 'GET /credentials': () => served('ASIACONTAINER') })
  const container = { ...base, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/credentials` }
  await ecrLogin(ECR, NONE, runner(container), signal)
  expect(signedBy(ecr)).toBe('ASIACONTAINER')

  const sts = await startService({
    'POST /': () =>
      '<x><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></x>',
  })
  const file = join(dir, 'token')
  writeFileSync(file, 'web-token\n')
  const web = {
    ...base,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: ROLE,
  }
  await ecrLogin(ECR, NONE, runner(web), signal)
  expect(new URLSearchParams(sts.heard[0]?.body).get('WebIdentityToken')).toBe('web-token')
  expect(signedBy(ecr)).toBe('ASIAWEB')
})

test('a runner that is nobody at AWS says where it looked, and Docker’s own logins have their turn', async () => {
  expect(await ecrLogin(ECR, NONE, runner(), signal)).toBeUndefined()
  expect(printed.join('')).toContain(
    'no credentials of AWS (environment: none; web identity: none; shared credentials file: none; container: none; instance role: none)',
  )
})

test('a machine’s role that may not push does not stand in the way of Docker’s own logins', async () => {
  const ecr = await startService({
    'POST /': () => new Refusal(400, '{"__type":"AccessDeniedException","Message":"not you"}'),
  })
  const agent = await startService({ 'GET /credentials': () => served('ASIACONTAINER') })
  const env = runner({
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/credentials`,
  })
  expect(await ecrLogin(ECR, NONE, env, signal)).toBeUndefined()
  expect(printed.join('')).toMatch(/AWS credentials \(container\) are of no use: .*not you/)
})

test.each([
  [
    new Refusal(
      400,
      '{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}',
    ),
    'the id and the secret of an access key',
  ],
  [
    new Refusal(400, '{"__type":"AccessDeniedException","Message":"not authorized to perform"}'),
    'ecr:GetAuthorizationToken',
  ],
])('a key that AWS refuses: %o', async (refusal, hint) => {
  const ecr = await startService({ 'POST /': () => refusal })
  const env = runner({ ...KEYS, AWS_ENDPOINT_URL_ECR: ecr.url })
  await expect(ecrLogin(ECR, NONE, env, signal)).rejects.toMatchObject({
    code: 'login_failed',
    hint: expect.stringContaining(hint) as string,
  })
})

test('a region that there is not is named', async () => {
  const env = runner({ ...KEYS, AWS_ENDPOINT_URL_ECR: 'https://api.ecr.nowhere.invalid' })
  await expect(ecrLogin(ECR, NONE, env, signal)).rejects.toMatchObject({
    message: expect.stringContaining('does not resolve') as string,
    hint: expect.stringContaining('Check the region eu-central-1 in registry') as string,
  })
})

test('a role is assumed where aws-region says, the registry’s token asked for where the registry is', async () => {
  const tokens = await startService({ 'GET /': () => ({ value: 'github-token' }) })
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${tokens.url}/?v=1`)
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'request-token')
  const sts = await startService({
    'POST /': () =>
      new Refusal(
        400,
        '<Error><Message>No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com</Message></Error>',
      ),
  })
  const given = { ...NONE, role: ROLE, region: 'eu-west-1' }
  await expect(
    ecrLogin(ECR, given, runner({ AWS_ENDPOINT_URL_STS: sts.url }), signal),
  ).rejects.toMatchObject({
    hint: expect.stringContaining('aws iam create-open-id-connect-provider') as string,
  })
  await expect(
    ecrLogin(ECR, given, runner({ AWS_ENDPOINT_URL_STS: 'https://sts.nowhere.invalid' }), signal),
  ).rejects.toMatchObject({ hint: expect.stringContaining('eu-west-1 in aws-region') as string })
  vi.unstubAllEnvs()
})
