import { describe, expect, test } from 'vitest'
import { parseVerifyingKey } from '../../../../protocol/standard-webhooks.ts'
import { TokenError, type VerifiedToken } from '../../../../receiver/core/intake/oidc-token.ts'
import { Rejected } from '../../../../receiver/http/auth/authentic.ts'
import {
  appOfHeaders,
  appOfUser,
  readBasic,
  verifyBasic,
} from '../../../../receiver/http/auth/basic.ts'
import { fingerprint, isSame } from '../../../../receiver/http/auth/constant-time.ts'
import { verifyGithub } from '../../../../receiver/http/auth/github.ts'
import { readBearer, verifyBearer } from '../../../../receiver/http/auth/oidc.ts'
import { readWebhook, verifyWebhook } from '../../../../receiver/http/auth/webhook.ts'

const BODY = new TextEncoder().encode('{}')

/** Why credentials are rejected. */
async function reasonOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    expect(error).toBeInstanceOf(Rejected)
    return (error as Rejected).message
  }
  return 'taken'
}

describe('Basic', () => {
  const read = (authorization: string) => readBasic(new Headers({ authorization }))
  const encoded = (text: string) => Buffer.from(text).toString('base64')

  test('is a user name and a password, which may have colons', () => {
    expect(read(`basic  ${encoded('api:a:b')}`)).toStrictEqual({ user: 'api', password: 'a:b' })
    expect(read(`Basic ${encoded(':')}`)).toStrictEqual({ user: '', password: '' })
  })

  test.each([
    [`Basic ${encoded('api:tokens').replace(/=+$/, '')}`, 'its base64 is not canonical'],
    ['Basic YXBpOnR=', 'its base64 is not canonical'],
    [`Basic ${encoded('api')}`, 'there is no colon between user name and password'],
    [`Basic ${encoded('a'.repeat(770))}`, 'the Authorization header is not `Basic` and base64'],
    [`Basic ${encoded('a:b')} x`, 'the Authorization header is not `Basic` and base64'],
    [`Bearer ${encoded('a:b')}`, 'the Authorization header is not `Basic` and base64'],
  ])('%s is not read: %s', async (authorization, reason) => {
    expect(await reasonOf(() => read(authorization))).toBe(reason)
  })

  test('of 1,024 characters is read', () => {
    expect(read(`Basic ${encoded(`a:${'b'.repeat(766)}`)}`).password).toHaveLength(766)
  })

  test('is verified with each token of the app', async () => {
    const credentials = { basic: { tokens: ['first', 'second'], deploy: true } }
    const app = { name: 'api', credentials }
    for (const password of ['first', 'second']) {
      expect(verifyBasic({ user: 'api', password }, app)).toStrictEqual({
        sender: { kind: 'basic', key: fingerprint(password) },
        says: 'both',
        mayDeploy: true,
      })
    }
    for (const [user, password, reason] of [
      ['web', 'first', 'the user name is not that of the app'],
      ['api', 'third', 'the password is not a token of the app'],
      ['web', 'third', 'the user name is not that of the app'],
    ] as const) {
      expect(await reasonOf(() => verifyBasic({ user, password }, app))).toBe(reason)
    }
    const none = { name: 'api', credentials: { basic: { tokens: [], deploy: true } } }
    expect(await reasonOf(() => verifyBasic({ user: 'api', password: '' }, none))).toBe(
      'the app accepts no credentials by Basic',
    )
  })

  test("names the app, also with App Service's dollar sign", () => {
    expect(['api', '$api', '$$api', 'a$pi'].map(appOfUser)).toStrictEqual([
      'api',
      'api',
      '$api',
      'a$pi',
    ])
    expect(appOfHeaders(new Headers({ authorization: `Basic ${encoded('$api:x')}` }))).toBe('api')
    expect(appOfHeaders(new Headers())).toBe('')
  })
})

describe('a token of an issuer', () => {
  const verified: VerifiedToken = {
    issuer: 'https://issuer.example',
    jti: 'a',
    expiresAt: 1_770_000_300,
    claims: { repository: 'acme/api', sub: 'x'.repeat(400), run_id: 7, secret: 'not shown' },
  }
  const rules = [{ issuer: verified.issuer, claims: { repository: ['acme/api'] } }]
  const app = { hookUrl: 'https://deploy.example.com/hooks/api', credentials: { oidc: rules } }

  test('is made for this hook and this body, by an issuer that the app names', async () => {
    let expected: unknown
    const authentic = await verifyBearer('a.b.c', BODY, app, async (_token, wanted) => {
      expected = wanted
      return verified
    })
    expect(expected).toStrictEqual({
      issuers: ['https://issuer.example'],
      audience:
        'https://deploy.example.com/hooks/api#sha256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    })
    expect(authentic).toStrictEqual({
      sender: {
        kind: 'oidc',
        issuer: 'https://issuer.example',
        claims: { repository: 'acme/api', sub: `${'x'.repeat(300)}…`, run_id: '7' },
      },
      token: { issuer: 'https://issuer.example', jti: 'a', expiresAt: 1_770_000_300 },
      says: 'orders',
      mayDeploy: true,
    })
  })

  test('whose claims are not allowed is authentic, and says why it is refused', async () => {
    const claims = { repository: 'acme/other' }
    const authentic = await verifyBearer('a.b.c', BODY, app, async () => ({ ...verified, claims }))
    expect(authentic.refused).toBe('repository is "acme/other", the config requires "acme/api"')
  })

  test('is not asked for where the app names no issuer', async () => {
    const none = { ...app, credentials: { oidc: [] } }
    const verify = () => verifyBearer('a.b.c', BODY, none, async () => verified)
    expect(await reasonOf(verify)).toBe('the app accepts no OIDC token')
  })

  test.each([
    ['rejected', false],
    ['issuer_unavailable', true],
  ] as const)('that is %s may be taken later: %s', async (code, retry) => {
    const verify = () =>
      verifyBearer('a.b.c', BODY, app, () => Promise.reject(new TokenError(code, 'why')))
    await expect(verify()).rejects.toMatchObject({ name: 'Rejected', message: 'why', retry })
  })

  test('whose check has a defect is not rejected for it', async () => {
    const verify = () => verifyBearer('a.b.c', BODY, app, () => Promise.reject(new Error('defect')))
    await expect(verify()).rejects.not.toBeInstanceOf(Rejected)
  })

  test('has 16 KiB at most', async () => {
    const read = (token: string) =>
      readBearer(new Headers({ authorization: `Bearer ${token}` })).length
    expect(read(`${'a'.repeat(16_380)}.b.c`)).toBe(16_384)
    expect(await reasonOf(() => read(`${'a'.repeat(16_381)}.b.c`))).toMatch(/is not `Bearer`/)
  })
})

test('an app without keys or secrets accepts no signature', async () => {
  const headers = { id: 'msg_1', timestamp: '1', signatures: [] }
  expect(
    await reasonOf(() => verifyWebhook(headers, BODY, { credentials: { webhookKeys: [] } })),
  ).toBe('the app accepts no Standard Webhooks signature')
  expect(
    await reasonOf(() => verifyGithub(Buffer.alloc(32), BODY, { credentials: { github: [] } })),
  ).toBe('the app accepts no GitHub webhook')
})

test('a signature that came in two headers is not read, whatever the first one is', async () => {
  const headers = new Headers({ 'webhook-id': 'a', 'webhook-timestamp': '1' })
  headers.append('webhook-signature', 'v1,x')
  headers.append('webhook-signature', 'v1,y')
  expect(await reasonOf(() => readWebhook(headers, 1))).toBe('webhook-signature came twice')
})

test('a signature of no key of the app is rejected', async () => {
  const key = parseVerifyingKey(`whsec_${Buffer.alloc(32, 1).toString('base64')}`)
  const headers = { id: 'msg_1', timestamp: '1', signatures: ['v1,AAAA'] }
  expect(
    await reasonOf(() => verifyWebhook(headers, BODY, { credentials: { webhookKeys: [key] } })),
  ).toBe('no signature fits any key')
})

test('texts of any length are compared', () => {
  expect(isSame('', '')).toBe(true)
  expect(isSame('a'.repeat(10_000), 'a'.repeat(10_000))).toBe(true)
  expect(isSame('a', 'a ')).toBe(false)
  expect(isSame('a', 'b')).toBe(false)
})
