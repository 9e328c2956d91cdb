import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsClient } from 'aws4fetch'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { acrLogin } from '../../action/registries/acr.ts'
import { dockerHubLogin } from '../../action/registries/docker-hub.ts'
import { endOf } from '../../action/registries/exchange.ts'
import { ecrLogin } from '../../action/registries/ecr.ts'
import { isEcr } from '../../protocol/registries/ecr.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

const { signal } = new AbortController()
const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const ROLE = 'arn:aws:iam::123456789012:role/deploy'
const NONE = { username: '', password: '', role: '', region: '' }
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG' }
const TOKEN = Buffer.from('AWS:a:password').toString('base64')

interface Heard {
  path: string
  headers: IncomingMessage['headers']
  body: string
}
let heard: Heard[]
beforeEach(async () => {
  heard = []
  // GitHub's token endpoint, which says which audience it was asked for
  const url = await serve((request, response) => {
    const audience = new URL(request.url ?? '', 'http://x').searchParams.get('audience')
    answerJson(response, 200, { value: `token-for-${audience}` })
  })
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${url}/?v=1`)
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'request-token')
  return () => vi.unstubAllEnvs()
})

/** A server that notes what it hears and answers by path. */
const stand = (answers: Record<string, (response: ServerResponse) => void>) =>
  serve((request, response) => {
    void bodyOf(request).then((body) => {
      const path = request.url ?? ''
      heard.push({ path, headers: request.headers, body })
      const answer = answers[path]
      if (answer === undefined) response.writeHead(404).end()
      else answer(response)
    })
  })
const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    answerJson(response, status, body)
const xml =
  (text: string, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'text/xml' }).end(text)
const jwtOf = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
const form = (body: string) => Object.fromEntries(new URLSearchParams(body))

/** Signature Version 4, written anew from AWS's documentation. */
function signatureOf({ path, headers, body }: Heard, secret: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? []
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = [
    'POST',
    path,
    '',
    ...names.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    names,
    sha(body),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n')
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (last, part) => createHmac('sha256', last).update(part).digest(),
      `AWS4${secret}`,
    )
  return createHmac('sha256', key).update(text).digest('hex')
}

test('AWS’s published example of a signature comes out', async () => {
  // docs.aws.amazon.com, "Signature Version 4 test suite", get-vanilla
  const client = new AwsClient({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    service: 'service',
    region: 'us-east-1',
  })
  const signed = await client.sign('https://example.amazonaws.com/', {
    aws: { datetime: '20150830T123600Z' },
  })
  expect(signed.headers.get('authorization')).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
})

describe('ECR', () => {
  test('is told apart by its host', () => {
    const hosts = [
      ECR,
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com',
      '123456789012.dkr-ecr.us-east-1.on.aws',
      'public.ecr.aws',
    ]
    expect(hosts.filter((host) => !isEcr(host))).toEqual([])
    expect(
      ['ghcr.io', `${ECR}.evil.example`, 'x.dkr.ecr.us-east-1.amazonaws.com'].filter(isEcr),
    ).toEqual([])
  })

  test('takes the credentials of the environment, and signs for the host’s region', async () => {
    const api = await stand({
      '/': json({
        authorizationData: [
          { authorizationToken: TOKEN, expiresAt: 1, proxyEndpoint: `https://${ECR}` },
        ],
      }),
    })
    const env = { ...KEYS, AWS_SESSION_TOKEN: 'session', AWS_ENDPOINT_URL_ECR: `${api}/` }
    expect(await ecrLogin(ECR, NONE, env, signal)).toEqual({
      registry: ECR,
      username: 'AWS',
      password: 'a:password',
      alsoAt: [],
      endsAt: 1000,
    })
    const [request] = heard
    expect(request?.body).toBe('{}')
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      'x-amz-security-token': 'session',
    })
    const { authorization = '' } = request?.headers ?? {}
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/ecr\/aws4_request, /,
    )
    expect(request && signatureOf(request, KEYS.AWS_SECRET_ACCESS_KEY)).toBe(
      /Signature=(\w+)/.exec(authorization)?.[1],
    )
  })

  test('assumes a role by GitHub’s token, which only STS sees', async () => {
    const sts = await stand({
      '/': xml(
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><SessionToken>s-token</SessionToken><SecretAccessKey>s-secret</SecretAccessKey><Expiration>2026-01-01T00:00:00Z</Expiration><AccessKeyId>ASIAEXAMPLE</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
      ),
    })
    const api = await stand({ '/': json({ authorizationData: [{ authorizationToken: TOKEN }] }) })
    const env = {
      AWS_ENDPOINT_URL_STS: `${sts}/`,
      AWS_ENDPOINT_URL_ECR: `${api}/`,
      GITHUB_RUN_ID: '77',
    }
    await ecrLogin(ECR, { ...NONE, role: ROLE }, env, signal)
    const [assumed, asked] = heard
    expect(form(assumed?.body ?? '')).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'deploy-action-77',
      DurationSeconds: '900',
      WebIdentityToken: 'token-for-sts.amazonaws.com',
    })
    expect(asked?.headers['x-amz-security-token']).toBe('s-token')
    expect(asked?.headers.authorization).toContain('Credential=ASIAEXAMPLE/')
    expect(asked && signatureOf(asked, 's-secret')).toBe(
      /Signature=(\w+)/.exec(asked?.headers.authorization ?? '')?.[1],
    )
  })

  test('Public has its own service in its own region', async () => {
    const api = await stand({ '/': json({ authorizationData: { authorizationToken: TOKEN } }) })
    const env = { ...KEYS, AWS_ENDPOINT_URL_ECR_PUBLIC: `${api}/` }
    const login = await ecrLogin('public.ecr.aws', { ...NONE, region: 'eu-west-1' }, env, signal)
    expect(login).toMatchObject({ registry: 'public.ecr.aws', username: 'AWS' })
    expect(heard[0]?.headers['x-amz-target']).toBe('SpencerFrontendService.GetAuthorizationToken')
    expect(heard[0]?.headers.authorization).toContain('/us-east-1/ecr-public/aws4_request')
  })

  test('a role that is refused is named, with what AWS said and what the trust policy needs', async () => {
    const sts = await stand({
      '/': xml(
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>',
        403,
      ),
    })
    await expect(
      ecrLogin(ECR, { ...NONE, role: ROLE }, { AWS_ENDPOINT_URL_STS: sts }, signal),
    ).rejects.toMatchObject({
      code: 'login_failed',
      message: expect.stringMatching(
        new RegExp(`${ROLE} cannot be assumed: 127.*answered 403: Not authorized to perform`),
      ),
      hint: expect.stringContaining('trust policy'),
    })
  })

  test('what is no role is refused before anything is asked', async () => {
    await expect(ecrLogin(ECR, { ...NONE, role: 'deploy' }, {}, signal)).rejects.toThrow(
      'input aws-role: "deploy" is not the ARN of a role',
    )
    expect(heard).toEqual([])
  })
})

describe('ACR', () => {
  const HOST = 'acme.azurecr.io'
  const ids = { clientId: 'client-1', tenantId: 'tenant-1' }
  const refreshToken = jwtOf({ exp: 7 })

  test('exchanges GitHub’s token for Entra’s, and that for the registry’s', async () => {
    const entra = await stand({
      '/tenant-1/oauth2/v2.0/token': json({ access_token: 'entra-token' }),
    })
    const registry = await stand({ '/oauth2/exchange': json({ refresh_token: refreshToken }) })
    const env = { AZURE_AUTHORITY_HOST: `${entra}/` }
    expect(await acrLogin(HOST, ids, env, signal, registry)).toEqual({
      registry: HOST,
      username: '00000000-0000-0000-0000-000000000000',
      password: refreshToken,
      endsAt: 7000,
    })
    expect(heard.map(({ body }) => form(body))).toEqual([
      {
        client_id: 'client-1',
        scope: 'https://containerregistry.azure.net/.default',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'token-for-api://AzureADTokenExchange',
        grant_type: 'client_credentials',
      },
      {
        grant_type: 'access_token',
        service: HOST,
        tenant: 'tenant-1',
        access_token: 'entra-token',
      },
    ])
    expect(heard[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  })

  test('an application without the federated credential is told so', async () => {
    const entra = await stand({
      '/tenant-1/oauth2/v2.0/token': json(
        {
          error: 'invalid_client',
          error_description: 'AADSTS700213: No matching federated identity record found',
        },
        401,
      ),
    })
    await expect(
      acrLogin(HOST, ids, { AZURE_AUTHORITY_HOST: entra }, signal),
    ).rejects.toMatchObject({
      code: 'login_failed',
      message: expect.stringContaining('AADSTS700213'),
      hint: expect.stringContaining('federated credential'),
    })
  })
})

describe('Docker Hub', () => {
  test('exchanges GitHub’s token by the organization’s connection', async () => {
    const identity = await stand({ '/oauth/token': json({ access_token: 'hub-token' }) })
    expect(await dockerHubLogin('acme', 'connection-1', signal, identity)).toEqual({
      registry: 'docker.io',
      username: 'acme',
      password: 'hub-token',
      endsAt: expect.any(Number) as number,
    })
    expect(form(heard[0]?.body ?? '')).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: `token-for-${identity}`,
      connection_id: 'connection-1',
      expires_in: '3600',
    })
  })
})

test.for([
  [{ expires_in: 3600 }, 3_601_000],
  [{ expires_in: '60' }, 61_000],
  [{ expireTime: '1970-01-01T01:00:00Z' }, 3_600_000],
  [{ refresh_token: jwtOf({ exp: 9 }) }, 9000],
  [{ refresh_token: jwtOf({}) }, 241_000],
  [{ refresh_token: 'opaque' }, 241_000],
  ['not JSON', 241_000],
] as const)('what is answered with %j in the first second ends at %i ms', ([answer, endsAt]) => {
  expect(endOf(typeof answer === 'string' ? answer : JSON.stringify(answer), 1000)).toBe(endsAt)
})

test('without the permission no token can be had, and it is named', async () => {
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', '')
  await expect(
    acrLogin('acme.azurecr.io', { clientId: 'c', tenantId: 't' }, {}, signal),
  ).rejects.toMatchObject({
    code: 'no_id_token',
    hint: expect.stringContaining('id-token: write'),
  })
})
