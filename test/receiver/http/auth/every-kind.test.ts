import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpWorld, type HttpWorld } from '../../../support/http-world.ts'
import {
  KINDS,
  type Kind,
  basic,
  bearer,
  codeOf,
  github,
  post,
  webhook,
} from '../hooks/signed-hooks.ts'

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const kinds = Object.keys(KINDS) as Kind[]

let world: HttpWorld
beforeAll(async () => {
  world = await startHttpWorld()
})
afterAll(() => world.stop())

/** The one answer that strangers get, to the byte. */
async function expectRejected(response: Response): Promise<void> {
  expect(response.status).toBe(401)
  expect(await response.json()).toStrictEqual({
    type: 'about:blank',
    title: 'Not authorized',
    status: 401,
    code: 'signature_rejected',
    detail: 'signature rejected',
  })
}

describe.each(kinds)('%s', (kind) => {
  const right = (body: string | Uint8Array) => KINDS[kind](world, body)

  test('is taken when it is right', async () => {
    const response = await post(world, '{}', { headers: await right('{}') })
    expect(response.status).toBe(kind === 'github' ? 200 : 202)
  })

  test('is rejected for another app', async () => {
    await expectRejected(
      await post(world, '{}', { path: '/hooks/web', headers: await right('{}') }),
    )
  })

  test('is rejected for an app that does not exist, with the same answer', async () => {
    await expectRejected(
      await post(world, '{}', { path: '/hooks/nothing', headers: await right('{}') }),
    )
  })

  test('is rejected under another host name', async () => {
    const headers = { ...(await right('{}')), host: 'evil.example' }
    await expectRejected(await post(world, '{}', { headers }))
  })

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'is not taken with %s',
    async (method) => {
      const headers = { host: 'deploy.example.com', ...(await right('')) }
      const response = await world.app.request('/hooks/api', { method, headers })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
    },
  )

  test('with a body of more than 64 KiB is 413', async () => {
    const body = JSON.stringify({ pad: 'x'.repeat(64 * 1024) })
    const response = await post(world, body, { headers: await right(body) })
    expect(response.status).toBe(413)
    expect(await codeOf(response)).toBe('body_too_large')
  })

  test('with a body of 64 KiB exactly is taken', async () => {
    const body = JSON.stringify({ pad: 'x'.repeat(64 * 1024 - 10) })
    expect(body).toHaveLength(64 * 1024)
    const response = await post(world, body, { headers: await right(body) })
    expect(response.status).toBeLessThan(300)
  })

  test.each([
    ['that is not JSON', '{', 400, 'malformed_json'],
    ['that is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'malformed_json'],
    ['with a byte order mark before nothing', '\ufeff', 400, 'malformed_json'],
  ] as const)('with a body %s is %i', async (_name, body, status, code) => {
    const response = await post(world, body, { headers: await right(body) })
    expect(response.status).toBe(status)
    expect(await codeOf(response)).toBe(code)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
    'with the content type %s is 415',
    async (type) => {
      const headers = { ...(await right('{}')), 'content-type': type }
      const response = await post(world, '{}', { headers })
      expect(response.status).toBe(415)
    },
  )

  test('with very deep JSON is told so', async () => {
    const body = `{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    const response = await post(world, body, { headers: await right(body) })
    expect(response.status).toBe(400)
  })

  test.each([
    '{"__proto__":{"image":"x"}}',
    '{"constructor":{"prototype":{"rollback":"previous"}}}',
  ])('takes %s for what it is: nothing', async (body) => {
    const response = await post(world, body, { headers: await right(body) })
    expect(response.status).toBeLessThan(300)
    expect(Object.keys(Object.prototype)).toStrictEqual([])
  })
})

test.each(['oidc', 'webhook', 'github'] as const)(
  '%s is rejected when a byte of the body was changed',
  async (kind) => {
    const headers = await KINDS[kind](world, '{"source":{}}')
    for (const body of ['{"source":[]}', '', '{"source":{}}\n']) {
      await expectRejected(await post(world, body, { headers }))
    }
  },
)

// oidc and basic share a header: both cannot come
test.each(
  kinds.flatMap((one, index) =>
    kinds
      .slice(index + 1)
      .flatMap((other) => (one === 'oidc' && other === 'basic' ? [] : ([[one, other]] as const))),
  ),
)('%s and %s together are rejected', async (one, other) => {
  const headers = { ...(await KINDS[one](world, '{}')), ...(await KINDS[other](world, '{}')) }
  await expectRejected(await post(world, '{}', { headers }))
})

describe('an OIDC token', () => {
  test.for<[string, (now: number) => Record<string, unknown>]>([
    ['expired', (now) => ({ exp: now - 60 })],
    ['not valid yet', (now) => ({ nbf: now + 60 })],
    ['made in the future', (now) => ({ iat: now + 60 })],
    ['made more than ten minutes ago', (now) => ({ iat: now - 660, exp: now + 600 })],
    ['without a time of issue', () => ({ iat: undefined })],
    ['without an end', () => ({ exp: undefined })],
    ['without an id', () => ({ jti: undefined })],
    ['with an empty id', () => ({ jti: '' })],
    ['of another issuer', () => ({ iss: 'https://evil.example' })],
  ])('that is %s is rejected', async ([, claims]) => {
    const headers = await bearer(world, '{}', claims(world.nowSeconds()))
    await expectRejected(await post(world, '{}', { headers }))
  })

  test('is rejected the second time', async () => {
    const headers = await bearer(world, '{}')
    expect((await post(world, '{}', { headers })).status).toBe(202)
    await expectRejected(await post(world, '{}', { headers }))
  })

  test('with an id of the body gets the first answer when it is retried with a fresh token', async () => {
    const body = '{"id":"run-1-1"}'
    const ids: string[] = []
    for (let attempt = 0; attempt < 2; attempt++) {
      const response = await post(world, body, { headers: await bearer(world, body) })
      ids.push(((await response.json()) as { deployment: { id: string } }).deployment.id)
    }
    expect(ids[0]).toBe(ids[1])
  })

  test.each([
    ['repository_id', '1'],
    ['ref', 'refs/heads/other'],
    ['event_name', 'pull_request'],
    ['event_name', 'pull_request_target'],
  ])('whose %s is %s is authentic and not allowed: 403', async (claim, value) => {
    const headers = await bearer(world, '{}', { [claim]: value })
    const response = await post(world, '{}', { headers })
    expect(response.status).toBe(403)
    const { code, detail } = (await response.json()) as { code: string; detail: string }
    expect(code).toBe('claims_not_allowed')
    expect(detail).toContain(claim)
    expect(detail).toContain(value)
  })

  test.each([
    ['no token', 'Bearer'],
    ['no JWT', 'Bearer abc'],
    ['two tokens', 'Bearer a.b.c, Bearer a.b.c'],
    ['a token without a signature', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['another scheme', 'Digest abc'],
    ['an empty header', ''],
  ])('header with %s is rejected', async (_name, authorization) => {
    await expectRejected(await post(world, '{}', { headers: { authorization } }))
  })

  test('signed with "none" or with the public key as a secret is rejected', async () => {
    const [, payload = ''] = ((await bearer(world, '{}')).authorization ?? '').split('.')
    for (const alg of ['none', 'HS256', 'HS512', 'RS1', 'ES256K']) {
      const head = Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')
      const signature = Buffer.from('x'.repeat(32)).toString('base64url')
      const authorization = `Bearer ${head}.${payload}.${signature}`
      await expectRejected(await post(world, '{}', { headers: { authorization } }))
    }
  })
})

describe('a Standard Webhooks signature', () => {
  test.each([
    ['old', -301],
    ['of the future', 301],
  ])('that is %s is rejected', async (_name, offset) => {
    const timestamp = world.nowSeconds() + offset
    const headers = webhook(world, '{}', { timestamp })
    await expectRejected(await post(world, '{}', { headers }))
  })

  test('with a key of nobody is rejected', async () => {
    await expectRejected(
      await post(world, '{}', { headers: webhook(world, '{}', { key: OTHER_SECRET }) }),
    )
  })

  test('is taken when one of several fits', async () => {
    const id = 'msg_rotated'
    const wrong = webhook(world, '{}', { key: OTHER_SECRET, id })['webhook-signature']
    const right = webhook(world, '{}', { id })
    const signatures = `${wrong} v9,abc ${right['webhook-signature']}`
    const headers = { ...right, 'webhook-signature': signatures }
    expect((await post(world, '{}', { headers })).status).toBe(202)
  })

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'without %s is rejected, and with it twice',
    async (name) => {
      const headers: Record<string, string> = webhook(world, '{}')
      await expectRejected(await post(world, '{}', { headers: { ...headers, [name]: undefined } }))
      const twice = `${headers[name]}, ${headers[name]}`
      await expectRejected(await post(world, '{}', { headers: { ...headers, [name]: twice } }))
    },
  )

  test.each(['1e9', '0x1', '+1', ' ', '1.5', '٣', '9'.repeat(20)])(
    'with the timestamp %j is rejected',
    async (timestamp) => {
      const headers = { ...webhook(world, '{}'), 'webhook-timestamp': encodeURI(timestamp) }
      await expectRejected(await post(world, '{}', { headers }))
    },
  )
})

describe('a Basic token', () => {
  test.each(['api', '$api'])('is taken with the user name %s', async (user) => {
    const response = await post(world, '{}', { headers: basic(user, world.token) })
    expect(response.status).toBe(202)
  })

  test.each(['api', '$api'])(
    'is taken at /docker/hook for the app in the user name %s',
    async (user) => {
      const headers = basic(user, world.token)
      const response = await post(world, '', { path: '/docker/hook', headers })
      expect(response.status).toBe(202)
      expect(await response.json()).toMatchObject({
        deployment: { app: 'api', action: 'redeploy' },
      })
    },
  )

  test('may roll back', async () => {
    const headers = basic('api', world.token)
    const response = await post(world, '{"rollback":"previous"}', { headers })
    expect(await codeOf(response)).toBe('nothing_to_roll_back_to')
  })

  test('may name an image only when the config says so', async () => {
    const refused = await post(world, '{"image":"ghcr.io/acme/api:2"}', {
      headers: basic('api', world.token),
    })
    expect(refused.status).toBe(403)
    expect(await codeOf(refused)).toBe('deploy_not_allowed')
    const allowed = await post(world, '{"image":"acme/web:2"}', {
      path: '/hooks/web',
      headers: basic('web', world.deployToken),
    })
    expect(allowed.status).toBe(202)
  })

  test('is rejected with a user name or password that is wrong', async () => {
    for (const [user, password] of [
      ['web', world.token],
      ['$$api', world.token],
      ['API', world.token],
      ['', world.token],
      ['api', ''],
      ['api', `${world.token} `],
      ['api', world.token.slice(1)],
      ['api', world.deployToken],
    ] as const) {
      await expectRejected(await post(world, '{}', { headers: basic(user, password) }))
    }
  })

  test.each(['Basic', 'Basic !!!', 'Basic YXBp', 'Basic YXBpOng', `Basic ${'A'.repeat(2000)}`])(
    'header %j is rejected',
    async (authorization) => {
      await expectRejected(await post(world, '{}', { headers: { authorization } }))
      await expectRejected(
        await post(world, '{}', { path: '/docker/hook', headers: { authorization } }),
      )
    },
  )
})

describe('a GitHub signature', () => {
  test.each([
    ['is that of SHA-1', 'sha1=7d38cdd689735b008b3c702edd92eea23791c5f6'],
    ['is short', 'sha256=abc'],
    ['is in upper case', `sha256=${'A'.repeat(64)}`],
    ['is twice there', `sha256=${'a'.repeat(64)}, sha256=${'a'.repeat(64)}`],
    ['is empty', ''],
    ['fits nothing', `sha256=${'a'.repeat(64)}`],
  ])('that %s is rejected', async (_name, signature) => {
    await expectRejected(await post(world, '{}', { headers: { 'x-hub-signature-256': signature } }))
  })

  test('of another secret is rejected', async () => {
    await expectRejected(await post(world, '{}', { headers: github('x'.repeat(30), '{}') }))
  })
})

test('a request without credentials is rejected', async () => {
  await expectRejected(await post(world, '{}'))
  await expectRejected(await post(world, '{}', { headers: { 'x-hub-signature': 'sha1=abc' } }))
})
