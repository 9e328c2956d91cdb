import { beforeEach, describe, expect, test, vi } from 'vitest'
import { gcpLogin, isGoogleRegistry } from '../../../action/registries/gcp.ts'
import { Refusal, startService } from './service.ts'

const { signal } = new AbortController()
const HOST = 'europe-west1-docker.pkg.dev'
const PROVIDER = 'projects/123/locations/global/workloadIdentityPools/github/providers/acme'
const ACCOUNT = 'push@acme-prod.iam.gserviceaccount.com'
const BECOME = `POST /v1/projects/-/serviceAccounts/${encodeURIComponent(ACCOUNT)}:generateAccessToken`

let printed: string[]
beforeEach(async () => {
  printed = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  const { url } = await startService({
    'GET /': ({ path }) => ({
      value: `token-for-${new URL(path, 'http://x').searchParams.get('audience')}`,
    }),
  })
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${url}/?v=1`)
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'request-token')
  return () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  }
})

const startSts = (answer: unknown = { access_token: 'federated', expires_in: 3600 }) =>
  startService({ 'POST /v1/token': () => answer })
const envOf = (sts: { url: string }, iam?: { url: string }) => ({
  CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: `${sts.url}/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${iam?.url}/`,
})

test.each([
  [HOST, true],
  ['gcr.io', true],
  ['eu.gcr.io', true],
  ['notgcr.io', false],
  ['docker.pkg.dev.evil.example', false],
  ['ghcr.io', false],
])('%s is a registry of Google: %s', (host, expected) => {
  expect(isGoogleRegistry(host)).toBe(expected)
})

test('GitHub’s token becomes Google’s, and that the service account’s, which is the password', async () => {
  const sts = await startSts()
  const iam = await startService({
    [BECOME]: () => ({ accessToken: 'ya29.account', expireTime: '2026-01-02T04:04:06Z' }),
  })
  const inputs = { provider: `//iam.googleapis.com/${PROVIDER}`, serviceAccount: ACCOUNT }
  expect(await gcpLogin(HOST, inputs, envOf(sts, iam), signal)).toEqual({
    registry: HOST,
    username: 'oauth2accesstoken',
    password: 'ya29.account',
    endsAt: Date.parse('2026-01-02T04:04:06Z'),
  })
  expect(Object.fromEntries(new URLSearchParams(sts.heard[0]?.body))).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: `//iam.googleapis.com/${PROVIDER}`,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: `token-for-https://iam.googleapis.com/${PROVIDER}`,
  })
  expect(iam.heard[0]?.headers.authorization).toBe('Bearer federated')
  expect(JSON.parse(iam.heard[0]?.body ?? '')).toEqual({
    scope: ['https://www.googleapis.com/auth/cloud-platform'],
    lifetime: '3600s',
  })
  for (const secret of ['federated', 'ya29.account']) {
    expect(printed.join('')).toContain(`::add-mask::${secret}`)
  }
})

test('without a service account the pool’s own token is the password', async () => {
  const sts = await startSts()
  const inputs = { provider: PROVIDER, serviceAccount: '' }
  expect(await gcpLogin(HOST, inputs, envOf(sts), signal)).toMatchObject({ password: 'federated' })
})

test('what is no provider’s name is refused before anything is asked', async () => {
  const inputs = { provider: 'github', serviceAccount: ACCOUNT }
  await expect(gcpLogin(HOST, inputs, {}, signal)).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringContaining('"github" is not the name of a provider') as string,
    hint: expect.stringContaining(
      'gcloud iam workload-identity-pools providers describe',
    ) as string,
  })
})

describe('what Google refuses is told with what to do', () => {
  test.each([
    ['The given credential is rejected by the attribute condition.', 'attribute condition'],
    [
      'The audience in ID Token [https://x] does not match the expected audience.',
      'allowed audiences',
    ],
    ['Invalid value for "audience" field.', 'number of the project'],
    ['The target service indicated is invalid.', 'number of the project'],
  ])('%s', async (said, hint) => {
    const body = JSON.stringify({ error: 'invalid_grant', error_description: said })
    const sts = await startSts(new Refusal(400, body))
    const inputs = { provider: PROVIDER, serviceAccount: '' }
    await expect(gcpLogin(HOST, inputs, envOf(sts), signal)).rejects.toMatchObject({
      code: 'login_failed',
      message: expect.stringContaining('answered 400') as string,
      hint: expect.stringContaining(hint) as string,
    })
  })

  test.each([
    [
      "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
      `gcloud iam service-accounts add-iam-policy-binding ${ACCOUNT} --role roles/iam.workloadIdentityUser`,
    ],
    [
      'IAM Service Account Credentials API has not been used in project 123 before or it is disabled.',
      'gcloud services enable iamcredentials.googleapis.com',
    ],
  ])('%s', async (message, hint) => {
    const sts = await startSts()
    const iam = await startService({
      [BECOME]: () => new Refusal(403, JSON.stringify({ error: { code: 403, message } })),
    })
    const inputs = { provider: PROVIDER, serviceAccount: ACCOUNT }
    await expect(gcpLogin(HOST, inputs, envOf(sts, iam), signal)).rejects.toMatchObject({
      code: 'login_failed',
      message: expect.stringContaining(`${ACCOUNT} gives no token`) as string,
      hint: expect.stringContaining(hint) as string,
    })
  })
})
