import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { runAction } from '../../support/github-runner.ts'
import { startEcr, startService } from './service.ts'

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const GOOGLE = 'europe-west1-docker.pkg.dev'
const PROVIDER = 'projects/123/locations/global/workloadIdentityPools/github/providers/acme'
const ACCOUNT = 'push@acme-prod.iam.gserviceaccount.com'
const SESSION =
  '<x><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret-0123</SecretAccessKey><SessionToken>role-session-0123</SessionToken></x>'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bundle-login-'))
  return () => rmSync(dir, { recursive: true, force: true })
})

/** Runs the committed bundle with a docker that keeps what it was told, and whose push fails with `words`. */
async function push(inputs: Record<string, string>, env: Record<string, string>, words: string) {
  const docker = join(dir, 'docker')
  writeFileSync(
    docker,
    `#!/bin/sh
[ "$2" = version ] && { echo 'github.com/docker/buildx v0.20.0 0000000'; exit 0; }
printf '%s\\n' "$*" > '${dir}/arguments'
cat "$DOCKER_CONFIG/config.json" > '${dir}/config.json'
echo '#9 pushing layers'
echo '#9 ERROR: ${words}'
exit 1
`,
  )
  chmodSync(docker, 0o755)
  const github = await startService({ 'GET /token': () => ({ value: 'github-oidc-token' }) })
  const result = await runAction({
    cwd: dir,
    inputs: { tags: 'type=raw,value=1', ...inputs },
    env: {
      HOME: dir,
      DOCKER_CONFIG: join(dir, 'docker-config'),
      PATH: `${dir}:/usr/bin:/bin`,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/token?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token-0123456789',
      ...env,
    },
  })
  const { auths } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as {
    auths: Record<string, { auth: string }>
  }
  return {
    ...result,
    told: `${JSON.stringify(result.annotations)} ${result.lines.join('\n')}`,
    commandLine: readFileSync(join(dir, 'arguments'), 'utf8'),
    logins: Object.fromEntries(
      Object.entries(auths).map(([host, { auth }]) => [
        host,
        Buffer.from(auth, 'base64').toString('utf8'),
      ]),
    ),
  }
}

test('the bundle assumes a role at STS, and a missing repository comes with its command', async () => {
  const sts = await startService({ 'POST /': () => SESSION })
  const ecr = await startEcr()
  const { exitCode, logins, told, commandLine, masks, leftovers } = await push(
    { image: `${ECR}/shop/api`, 'aws-role': 'arn:aws:iam::123456789012:role/deploy' },
    {
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_ACCOUNT_IDS: '210987654321',
    },
    `failed to push ${ECR}/shop/api:1: name unknown: The repository with name shop/api does not exist in the registry with id 123456789012`,
  )
  expect(exitCode).toBe(1)
  expect(logins).toEqual({
    [ECR]: 'AWS:ecr-password',
    '210987654321.dkr.ecr.eu-central-1.amazonaws.com': 'AWS:ecr-password',
  })
  expect(told).toContain(
    'aws ecr create-repository --repository-name shop/api --region eu-central-1',
  )
  const secrets = ['github-oidc-token', 'role-secret-0123', 'role-session-0123', 'ecr-password']
  expect(masks).toEqual(expect.arrayContaining(secrets))
  for (const secret of secrets) {
    expect(commandLine).not.toContain(secret)
    expect(told).not.toContain(secret)
  }
  expect(leftovers).toEqual([])
})

test('the bundle finds the role of its machine, asked past any proxy', async () => {
  const ecr = await startEcr()
  const imds = await startService({
    'PUT /latest/api/token': () => 'imds-token',
    'GET /latest/meta-data/iam/security-credentials/': () => 'push-role',
    'GET /latest/meta-data/iam/security-credentials/push-role': () => ({
      AccessKeyId: 'ASIAINSTANCE',
      SecretAccessKey: 'machine-secret-0123',
      Token: 'machine-token-0123',
    }),
  })
  const { logins, masks, told } = await push(
    { image: `${ECR}/shop/api` },
    {
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
      http_proxy: 'http://127.0.0.1:9',
    },
    `failed to push ${ECR}/shop/api:1: denied: User is not authorized to perform: ecr:InitiateLayerUpload`,
  )
  expect(logins).toEqual({ [ECR]: 'AWS:ecr-password' })
  expect(masks).toEqual(expect.arrayContaining(['machine-secret-0123', 'machine-token-0123']))
  expect(told).toContain('InitiateLayerUpload, UploadLayerPart')
})

test('the bundle becomes a service account at Google', async () => {
  const sts = await startService({
    'POST /v1/token': () => ({ access_token: 'federated-token-0123', expires_in: 3600 }),
  })
  const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(ACCOUNT)}:generateAccessToken`
  const iam = await startService({
    [`POST ${path}`]: () => ({ accessToken: 'account-token-0123' }),
  })
  const { logins, told, commandLine, masks } = await push(
    {
      image: `${GOOGLE}/acme-prod/images/api`,
      'gcp-workload-identity-provider': PROVIDER,
      'gcp-service-account': ACCOUNT,
    },
    {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: `${sts.url}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${iam.url}/`,
    },
    `failed to push ${GOOGLE}/acme-prod/images/api:1: name unknown: Repository "images" not found`,
  )
  expect(logins).toEqual({ [GOOGLE]: 'oauth2accesstoken:account-token-0123' })
  expect(told).toContain('gcloud artifacts repositories create images --project acme-prod')
  const secrets = ['github-oidc-token', 'federated-token-0123', 'account-token-0123']
  expect(masks).toEqual(expect.arrayContaining(secrets))
  for (const secret of secrets) expect(`${commandLine}${told}`).not.toContain(secret)
})
