import { expect, test } from 'vitest'
import {
  assumeRoleRequest,
  ecrNeighbours,
  ecrPlace,
  ecrTokenRequest,
  isEcr,
  readAssumedRole,
  readEcrToken,
} from '../../../protocol/registries/ecr.ts'

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

test.for<[string, boolean]>([
  [HOST, true],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', true],
  ['123456789012.dkr-ecr.us-east-1.on.aws', true],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', true],
  ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', true],
  ['123456789012.dkr-ecr-fips.us-gov-east-1.on.aws', true],
  ['123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn', true],
  ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', true],
  ['public.ecr.aws', true],
  ['ecr-public.aws.com', true],
  ['ghcr.io', false],
  ['123456789012.dkr.ecr.eu-central-1.constructor', false],
  ['123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example', false],
  [`${HOST}.evil.example`, false],
  [`x.${HOST}`, false],
  ['12345678901.dkr.ecr.eu-central-1.amazonaws.com', false],
])('%s is a registry of ECR: %s', ([host, expected]) => {
  expect(isEcr(host)).toBe(expected)
})

test('a registry is where its name says, or in the region that is given', () => {
  const place = { service: 'ecr', region: 'eu-central-1', domain: 'amazonaws.com' }
  expect(ecrPlace(HOST)).toStrictEqual(place)
  expect(ecrPlace(HOST, 'eu-west-1')).toStrictEqual({ ...place, region: 'eu-west-1' })
  expect(ecrPlace('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn').domain).toBe(
    'amazonaws.com.cn',
  )
  expect(ecrPlace('123456789012.dkr-ecr.us-east-1.on.aws').domain).toBe('amazonaws.com')
  expect(ecrPlace('123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu')).toStrictEqual({
    service: 'ecr',
    region: 'eusc-de-east-1',
    domain: 'amazonaws.eu',
  })
  const shared = { service: 'ecr-public', region: 'us-east-1', domain: 'amazonaws.com' }
  expect(ecrPlace('public.ecr.aws', 'eu-west-1')).toStrictEqual(shared)
  expect(ecrPlace('ecr-public.aws.com')).toStrictEqual(shared)
})

test.for<[string, string, string]>([
  [
    HOST,
    'https://api.ecr.eu-central-1.amazonaws.com/',
    'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  ],
  [
    'public.ecr.aws',
    'https://api.ecr-public.us-east-1.amazonaws.com/',
    'SpencerFrontendService.GetAuthorizationToken',
  ],
])('the token of %s is asked for at %s', async ([host, url, target]) => {
  const request = await ecrTokenRequest(ecrPlace(host), CREDENTIALS, {})
  expect(request).toMatchObject({
    url,
    body: '{}',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  })
  const { region, service } = ecrPlace(host)
  expect(request.headers['authorization']).toMatch(
    new RegExp(`^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\\d{8}/${region}/${service}/aws4_request`),
  )
})

test('the environment may name other endpoints, of one service before that of all', async () => {
  const all = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1/' }
  const ask = async (host: string, env: Record<string, string>) =>
    (await ecrTokenRequest(ecrPlace(host), CREDENTIALS, env)).url
  expect(await ask(HOST, all)).toBe('http://127.0.0.1:1/')
  expect(await ask(HOST, { ...all, AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:2/' })).toBe(
    'http://127.0.0.1:2/',
  )
  const shared = { ...all, AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://127.0.0.1:3/' }
  expect(await ask('public.ecr.aws', shared)).toBe('http://127.0.0.1:3/')
  expect(await ask(HOST, { AWS_ENDPOINT_URL: '' })).toContain('amazonaws.com')
})

test('a login is read from the answers of both, with its end where there is one', () => {
  const token = Buffer.from('AWS:pass:word').toString('base64')
  const login = { username: 'AWS', password: 'pass:word' }
  const answer = (data: unknown) => JSON.stringify({ authorizationData: data })
  expect(readEcrToken(answer([{ authorizationToken: token, expiresAt: 7 }]))).toStrictEqual({
    ...login,
    expiresAt: 7,
  })
  expect(readEcrToken(answer({ authorizationToken: token }))).toStrictEqual(login)
  for (const nothing of [answer([]), answer([{}]), '{}']) {
    expect(readEcrToken(nothing)).toBeUndefined()
  }
})

test('a role is assumed by a token, with a session of 64 characters at most', () => {
  const role = 'arn:aws:iam::123456789012:role/deploy'
  const given = { role, session: 's'.repeat(99), seconds: 900, token: 'a.b.c' }
  const { url, headers, body } = assumeRoleRequest(given, ecrPlace(HOST), {})
  expect(url).toBe('https://sts.eu-central-1.amazonaws.com/')
  expect(headers).toStrictEqual({ 'content-type': 'application/x-www-form-urlencoded' })
  expect(Object.fromEntries(new URLSearchParams(body))).toStrictEqual({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 's'.repeat(64),
    DurationSeconds: '900',
    WebIdentityToken: 'a.b.c',
  })
  const env = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:4/' }
  expect(assumeRoleRequest(given, ecrPlace(HOST), env).url).toBe('http://127.0.0.1:4/')
})

test('credentials are read from an answer that has all of them', () => {
  const whole =
    '<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken></Credentials>'
  expect(readAssumedRole(whole)).toStrictEqual({
    accessKeyId: 'A',
    secretAccessKey: 'S',
    sessionToken: 'T',
  })
  for (const name of ['AccessKeyId', 'SecretAccessKey', 'SessionToken']) {
    expect(readAssumedRole(whole.replaceAll(name, 'Other'))).toBeUndefined()
  }
})

test('a token is good for the registries of other accounts in the same region, and for both names of ECR Public', () => {
  const accounts = ['210987654321', '123456789012', '210987654321']
  expect(ecrNeighbours(HOST, accounts)).toEqual(['210987654321.dkr.ecr.eu-central-1.amazonaws.com'])
  expect(ecrNeighbours('public.ecr.aws', accounts)).toEqual(['ecr-public.aws.com'])
  expect(ecrNeighbours(HOST, [])).toEqual([])
})
