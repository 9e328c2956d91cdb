import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RegistryLogin } from '../../../../receiver/core/image/registry.ts'
import { azureLogin } from '../../../../receiver/edges/credentials/azure.ts'
import { createCredentials } from '../../../../receiver/edges/credentials/credentials.ts'
import { answerJson, bodyOf, serve } from '../../../action/loopback.ts'

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const { signal } = new AbortController()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-credentials-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))
const write = (name: string, text: string) => {
  const file = join(dir, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface Heard {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}
/** A server that notes what it hears and answers by method and path. */
async function stand(answers: Record<string, (heard: Heard) => unknown>) {
  const heard: Heard[] = []
  const url = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body }
      heard.push(one)
      const answer = answers[`${method} ${path.replace(/\?.*/, '')}`]?.(one)
      if (answer === undefined) response.writeHead(404).end('{"message":"nothing is here"}')
      else if (typeof answer === 'string') response.end(answer)
      else answerJson(response, 200, answer)
    })
  })
  return { url, heard }
}

/** When these tests began: they and what they test have one clock, which passes when it is told to. */
const START = Date.now()

function credentialsOf(entry: RegistryLogin | undefined, env: NodeJS.ProcessEnv = {}, host = ECR) {
  let now = START
  const learnt: string[] = []
  const credentials = createCredentials({
    loginFor: (repository) => (repository.startsWith(`${host}/`) ? entry : undefined),
    env: { HOME: dir, AWS_EC2_METADATA_DISABLED: 'true', ...env },
    learn: (secrets) => learnt.push(...secrets.map(({ value }) => value)),
    now: () => now,
  })
  return { credentials, learnt, pass: (ms: number) => (now += ms) }
}

describe('ecr', () => {
  const ENTRY: RegistryLogin = { kind: 'ecr', region: '', profile: '' }
  const startEcr = (seconds?: number) => {
    let number = 0
    return stand({
      'POST /': () => ({
        authorizationData: [
          {
            authorizationToken: base64(`AWS:token ${++number}`),
            ...(seconds === undefined ? {} : { expiresAt: START / 1000 + seconds }),
          },
        ],
      }),
    })
  }
  const signedBy = ({ heard }: { heard: Heard[] }) =>
    /Credential=([^/]+)\//.exec(heard.at(-1)?.headers.authorization ?? '')?.[1]
  const served = (id: string) => ({
    AccessKeyId: id,
    SecretAccessKey: 'secret',
    Token: 'session',
    Expiration: '2099-01-01T00:00:00Z',
  })

  test('signs with the keys of the environment', async () => {
    const ecr = await startEcr()
    const { credentials, learnt } = credentialsOf(ENTRY, {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_ACCESS_KEY_ID: 'AKIAENV',
      AWS_SECRET_ACCESS_KEY: 'secret',
    })
    expect(await credentials.of(`${ECR}/api`, signal)).toMatchObject({
      login: { username: 'AWS', password: 'token 1' },
      isRenewable: true,
    })
    expect(signedBy(ecr)).toBe('AKIAENV')
    expect(learnt).toContain('token 1')
  })

  test('signs with a profile of the shared file', async () => {
    const ecr = await startEcr()
    const file = write(
      'aws',
      '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = x\n\n[deploy]\naws_access_key_id=AKIADEPLOY\naws_secret_access_key=y\n',
    )
    const env = { AWS_ENDPOINT_URL_ECR: ecr.url, AWS_SHARED_CREDENTIALS_FILE: file }
    await credentialsOf(ENTRY, env).credentials.of(`${ECR}/api`, signal)
    expect(signedBy(ecr)).toBe('AKIADEFAULT')
    await credentialsOf({ ...ENTRY, profile: 'deploy' }, env).credentials.of(`${ECR}/api`, signal)
    expect(signedBy(ecr)).toBe('AKIADEPLOY')
  })

  test('signs with the role of a web identity', async () => {
    const ecr = await startEcr()
    const sts = await stand({
      'POST /': () =>
        '<x><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></x>',
    })
    const role = 'arn:aws:iam::123456789012:role/pull'
    await credentialsOf(ENTRY, {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_WEB_IDENTITY_TOKEN_FILE: write('token', 'web-token\n'),
      AWS_ROLE_ARN: role,
    }).credentials.of(`${ECR}/api`, signal)
    expect(Object.fromEntries(new URLSearchParams(sts.heard[0]?.body))).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: role,
      WebIdentityToken: 'web-token',
    })
    expect(signedBy(ecr)).toBe('ASIAWEB')
  })

  test('signs with what the container has', async () => {
    const ecr = await startEcr()
    const agent = await stand({ 'GET /credentials': () => served('ASIACONTAINER') })
    await credentialsOf(ENTRY, {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'agent-token',
    }).credentials.of(`${ECR}/api`, signal)
    expect(agent.heard[0]?.headers.authorization).toBe('agent-token')
    expect(signedBy(ecr)).toBe('ASIACONTAINER')
  })

  test('signs with the instance’s role, asked for by IMDSv2', async () => {
    const ecr = await startEcr()
    const imds = await stand({
      'PUT /latest/api/token': () => 'imds-token',
      'GET /latest/meta-data/iam/security-credentials/': () => 'pull-role\n',
      'GET /latest/meta-data/iam/security-credentials/pull-role': () => served('ASIAINSTANCE'),
    })
    await credentialsOf(ENTRY, {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
    }).credentials.of(`${ECR}/api`, signal)
    expect(signedBy(ecr)).toBe('ASIAINSTANCE')
    expect(imds.heard[0]?.headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('21600')
    expect(imds.heard.slice(1).map(({ headers }) => headers['x-aws-ec2-metadata-token'])).toEqual([
      'imds-token',
      'imds-token',
    ])
  })

  test('with no credentials at all says what was tried', async () => {
    await expect(credentialsOf(ENTRY).credentials.of(`${ECR}/api`, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.stringMatching(
        /cannot sign in to 123.*no credentials of AWS \(environment: none; web identity: none; shared credentials file: none; container: none; instance role: none\)/,
      ),
      hint: expect.stringContaining('instance role'),
    })
  })

  test('keeps a token until shortly before its end, and forgets one that was refused', async () => {
    const ecr = await startEcr(12 * 3600)
    const { credentials, pass } = credentialsOf(ENTRY, {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_ACCESS_KEY_ID: 'AKIAENV',
      AWS_SECRET_ACCESS_KEY: 'secret',
    })
    const password = async () => {
      const known = await credentials.of(`${ECR}/api`, signal)
      return known !== undefined && 'password' in known.login ? known.login.password : undefined
    }
    expect(await password()).toBe('token 1')
    pass(11.8 * 3600 * 1000)
    expect(await password()).toBe('token 1')
    pass(0.1 * 3600 * 1000)
    expect(await password()).toBe('token 2')
    credentials.forget(`${ECR}/api`)
    expect(await password()).toBe('token 3')
  })
})

describe('azure', () => {
  const HOST = 'acme.azurecr.io'
  const CLIENT = '00000000-1111-2222-3333-444444444444'
  const jwt = (exp: number) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.`
  const context = (env: NodeJS.ProcessEnv) => ({ env, fetch, signal, now: () => START })
  const startRegistry = () =>
    stand({ 'POST /oauth2/exchange': () => ({ refresh_token: jwt(2_000_000_000) }) })

  test('exchanges the token of the machine’s identity, and knows when it ends', async () => {
    const registry = await startRegistry()
    const imds = await stand({
      'GET /metadata/identity/oauth2/token': () => ({ access_token: 'entra-token' }),
    })
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url }
    const identity = { clientId: CLIENT, tenantId: '', clientSecret: '' }
    expect(await azureLogin(HOST, identity, context(env), registry.url)).toEqual({
      login: {
        username: '00000000-0000-0000-0000-000000000000',
        password: jwt(2_000_000_000),
      },
      expiresAt: 2_000_000_000_000,
    })
    expect(imds.heard[0]?.headers['metadata']).toBe('true')
    const query = new URL(imds.heard[0]?.path ?? '', 'http://x').searchParams
    expect(Object.fromEntries(query)).toEqual({
      'api-version': '2018-02-01',
      resource: 'https://containerregistry.azure.net/',
      client_id: CLIENT,
    })
    expect(Object.fromEntries(new URLSearchParams(registry.heard[0]?.body))).toEqual({
      grant_type: 'access_token',
      service: HOST,
      access_token: 'entra-token',
    })
  })

  test('signs in as an application with its secret', async () => {
    const registry = await startRegistry()
    const entra = await stand({
      'POST /tenant/oauth2/v2.0/token': () => ({ access_token: 'entra-token' }),
    })
    const identity = { clientId: CLIENT, tenantId: 'tenant', clientSecret: 'app-secret' }
    await azureLogin(HOST, identity, context({ AZURE_AUTHORITY_HOST: entra.url }), registry.url)
    expect(Object.fromEntries(new URLSearchParams(entra.heard[0]?.body))).toEqual({
      client_id: CLIENT,
      client_secret: 'app-secret',
      scope: 'https://containerregistry.azure.net/.default',
      grant_type: 'client_credentials',
    })
    expect(registry.heard[0]?.body).toContain('tenant=tenant')
  })
})

describe('gcp', () => {
  const HOST = 'europe-west1-docker.pkg.dev'
  const PATH = 'GET /computeMetadata/v1/instance/service-accounts/default/token'

  test('signs in with the token of the machine’s service account, anew before each ends', async () => {
    let number = 0
    const metadata = await stand({
      [PATH]: () => ({
        access_token: `ya29.${++number}`,
        expires_in: 3000,
        token_type: 'Bearer',
      }),
    })
    const env = { GCE_METADATA_HOST: metadata.url.replace('http://', '') }
    const { credentials, learnt, pass } = credentialsOf({ kind: 'gcp' }, env, HOST)
    const login = async () => (await credentials.of(`${HOST}/acme/images/api`, signal))?.login
    expect(await login()).toEqual({ username: 'oauth2accesstoken', password: 'ya29.1' })
    expect(metadata.heard[0]?.headers['metadata-flavor']).toBe('Google')
    expect(learnt).toContain('ya29.1')
    pass(2600 * 1000)
    expect(await login()).toEqual({ username: 'oauth2accesstoken', password: 'ya29.1' })
    pass(200 * 1000)
    expect(await login()).toEqual({ username: 'oauth2accesstoken', password: 'ya29.2' })
  })

  test('a machine without a service account says what it needs', async () => {
    const metadata = await stand({})
    const env = { GCE_METADATA_HOST: metadata.url.replace('http://', '') }
    const { credentials } = credentialsOf({ kind: 'gcp' }, env, HOST)
    await expect(credentials.of(`${HOST}/acme/images/api`, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.stringMatching(/cannot sign in to europe-west1.*answered 404/),
      hint: expect.stringContaining('roles/artifactregistry.reader'),
    })
  })
})

describe('a GitHub App', () => {
  test('asks for its installation’s token with a JWT of its key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keyFile = write('app.pem', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
    const expires = new Date(START + 3600_000).toISOString()
    const api = await stand({
      'POST /app/installations/77/access_tokens': () => ({ token: 'ghs_1', expires_at: expires }),
    })
    const entry = { kind: 'github_app', id: '12', installation: '77', keyFile } as const
    const { credentials, learnt } = credentialsOf(entry, { GITHUB_API_URL: api.url }, 'ghcr.io')
    expect(await credentials.of('ghcr.io/acme/api', signal)).toMatchObject({
      login: { username: 'x-access-token', password: 'ghs_1' },
      expiresAt: Date.parse(expires),
    })
    expect(learnt).toContain('ghs_1')
    const [asked] = api.heard
    expect(JSON.parse(asked?.body ?? '')).toEqual({ permissions: { packages: 'read' } })
    const token = (asked?.headers.authorization ?? '').replace('Bearer ', '')
    const { payload } = await jwtVerify(token, publicKey, {
      issuer: '12',
      currentDate: new Date(START),
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600)
  })
})

describe('a password', () => {
  test('in a file is read at each use', async () => {
    const file = write('password', 'first\n')
    const entry = { kind: 'password_file', username: 'me', file } as const
    const { credentials } = credentialsOf(entry, {}, 'ghcr.io')
    expect(await credentials.of('ghcr.io/acme/api', signal)).toMatchObject({
      login: { username: 'me', password: 'first' },
    })
    write('password', 'second')
    expect(await credentials.of('ghcr.io/acme/api', signal)).toMatchObject({
      login: { username: 'me', password: 'second' },
      isRenewable: false,
    })
  })

  test('in the config goes before Docker’s own', async () => {
    write('.docker/config.json', JSON.stringify({ auths: { 'ghcr.io': { auth: base64('d:d') } } }))
    const entry = { kind: 'password', username: 'c', password: 'c' } as const
    const configured = credentialsOf(entry, {}, 'ghcr.io').credentials
    expect((await configured.of('ghcr.io/acme/api', signal))?.login).toEqual({
      username: 'c',
      password: 'c',
    })
    const none = credentialsOf(undefined).credentials
    expect((await none.of('ghcr.io/acme/api', signal))?.login).toEqual({
      username: 'd',
      password: 'd',
    })
  })
})
