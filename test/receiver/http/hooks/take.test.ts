import { createHash, generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSigningKey, parseVerifyingKey, sign } from '../../../../protocol/standard-webhooks.ts'
import type { Hono } from 'hono'
import type { Accepted } from '../../../../protocol/deployment.ts'
import { startHttpWorld, type HttpWorld } from '../../../support/http-world.ts'

const HOOK = 'https://deploy.example.com/hooks/api'
const DIGEST = `sha256:${'1'.repeat(64)}`

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

/** Posts raw bytes with a Standard Webhooks signature. */
async function post(
  body: string | Uint8Array,
  {
    id = `msg_${Math.random()}`.replace('.', ''),
    timestamp = world.nowSeconds(),
    key = world.secret,
    headers = {},
    path = '/hooks/api',
    app = world.app,
  }: {
    id?: string
    timestamp?: number
    key?: string
    headers?: Record<string, string>
    path?: string
    app?: Hono
  } = {},
): Promise<Response> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return app.request(path, {
    method: 'POST',
    body: bytes as Uint8Array<ArrayBuffer>,
    headers: {
      host: 'deploy.example.com',
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign({ key: parseSigningKey(key), id, timestamp, body: bytes }),
      ...headers,
    },
  })
}

async function postToken(
  body: string,
  claims: Record<string, unknown> = {},
  audience = `${HOOK}#sha256=${createHash('sha256').update(body).digest('hex')}`,
): Promise<Response> {
  return sendToken(body, await world.issuer.mint(claims, audience))
}

const sendToken = async (body: string, token: string): Promise<Response> =>
  world.app.request('/hooks/api', {
    method: 'POST',
    body,
    headers: {
      host: 'deploy.example.com',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
  })

const codeOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return ((await response.json()) as { code: string }).code
}

describe('a signed hook', () => {
  test('is answered 202 with a durable deployment, where to look, and a token to follow it', async () => {
    const response = await post(JSON.stringify({ image: `ghcr.io/acme/api:1.4.2@${DIGEST}` }))
    expect(response.status).toBe(202)
    const { deployment, follow } = (await response.json()) as Accepted
    expect(deployment).toMatchObject({
      app: 'api',
      action: 'deploy',
      status: 'queued',
      image: { repository: 'ghcr.io/acme/api', tag: '1.4.2', digest: DIGEST },
    })
    expect(response.headers.get('location')).toBe(`/deployments/${deployment.id}`)
    expect(follow.url).toBe(`https://deploy.example.com/deployments/${deployment.id}/events`)
    expect(world.woken).toStrictEqual(['api'])
    const read = await world.app.request(`/deployments/${deployment.id}`, {
      headers: { host: 'deploy.example.com', authorization: `Bearer ${follow.token}` },
    })
    expect(await read.json()).toStrictEqual(deployment)
  })

  test('without a body is a redeploy of the tag in the config', async () => {
    const { deployment } = (await (await post('')).json()) as Record<string, object>
    expect(deployment).toMatchObject({ action: 'redeploy', image: { tag: 'latest' } })
  })

  test('may be signed with an Ed25519 key of which the receiver has the public half', async () => {
    expect((await post('{}', { key: world.privateKey })).status).toBe(202)
  })

  test('with the same id and body gets the first deployment again and starts nothing', async () => {
    const first = (await (await post('{}', { id: 'msg_1' })).json()) as Record<string, object>
    const again = (await (await post('{}', { id: 'msg_1' })).json()) as Record<string, object>
    expect(again['deployment']).toStrictEqual(first['deployment'])
    expect(world.woken).toHaveLength(1)
  })

  test('with the same id and another body is 422', async () => {
    await post('{}', { id: 'msg_1' })
    const other = await post('{"source":{}}', { id: 'msg_1' })
    expect(other.status).toBe(422)
    expect(await codeOf(other)).toBe('id_reused')
  })
})

describe('strangers learn only that the signature was rejected', () => {
  const stranger = () =>
    `whsec_${Buffer.from('somebody else entirely, 32 bytes').toString('base64')}`

  test.for<[string, () => Promise<Response>]>([
    ['a wrong key', () => post('{}', { key: stranger() })],
    ['an old timestamp', () => post('{}', { timestamp: world.nowSeconds() - 301 })],
    ['a future timestamp', () => post('{}', { timestamp: world.nowSeconds() + 301 })],
    ['another host', () => post('{}', { headers: { host: 'evil.example.com' } })],
    ['an unknown app', () => post('{}', { path: '/hooks/nope' })],
    ['a name of Object.prototype', () => post('{}', { path: '/hooks/__proto__' })],
    ['two kinds at once', () => post('{}', { headers: { authorization: 'Bearer a.b.c' } })],
    ['no credentials', async () => world.app.request('/hooks/api', { method: 'POST' })],
    ['a token that is none', () => sendToken('{}', 'a.b.c')],
    ['a token for another body', () => postToken('{}', {}, `${HOOK}#sha256=${'0'.repeat(64)}`)],
    ['a token for another app', () => postToken('{}', {}, `${HOOK}2#sha256=${'0'.repeat(64)}`)],
    ['a token without jti', () => postToken('{}', { jti: undefined })],
    ['an expired token', () => postToken('{}', { exp: world.nowSeconds() - 60 })],
    ['a token issued an hour ago', () => postToken('{}', { iat: world.nowSeconds() - 3600 })],
    ['a token of another issuer', () => postToken('{}', { iss: 'https://issuer.example' })],
  ])('%s', async ([, send]) => {
    const response = await send()
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      code: 'signature_rejected',
      detail: 'signature rejected',
    })
    expect(world.woken).toStrictEqual([])
    expect(world.logged.at(-1)).toMatch(/hook rejected/)
  })

  test('a token for several audiences is rejected', async () => {
    const body = '{}'
    const audience = `${HOOK}#sha256=${createHash('sha256').update(body).digest('hex')}`
    const token = await world.issuer.mint({}, [audience, 'https://other.example'])
    expect((await sendToken(body, token)).status).toBe(401)
  })

  test('a token works once, whatever its text', async () => {
    const body = '{}'
    const audience = `${HOOK}#sha256=${createHash('sha256').update(body).digest('hex')}`
    const token = await world.issuer.mint({ jti: 'the-same' }, audience)
    expect((await sendToken(body, token)).status).toBe(202)
    expect((await sendToken(body, token)).status).toBe(401)
    expect((await postToken(body, { jti: 'the-same' })).status).toBe(401)
  })
})

describe('an authentic sender is told what is wrong', () => {
  test('a repository that the app does not allow is 403', async () => {
    const response = await post('{"image":"ghcr.io/acme/api-evil:1"}')
    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('image_not_allowed')
  })

  test.for<[string, Record<string, unknown>]>([
    ['another repository', { repository_id: '1' }],
    ['another branch', { ref: 'refs/heads/feature' }],
    ['a pull request', { event_name: 'pull_request_target' }],
  ])('a token of %s is 403', async ([, claims]) => {
    const response = await postToken('{}', claims)
    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('claims_not_allowed')
  })

  test.for<[string, string | Uint8Array, number, string]>([
    ['text that is not JSON', '{"image"', 400, 'malformed_json'],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'malformed_json'],
    ['a list', '[]', 400, 'malformed_body'],
    ['image and rollback at once', '{"image":"a","rollback":"b"}', 400, 'malformed_body'],
    ['a number as image', '{"image":1}', 400, 'malformed_body'],
    ['a malformed reference', '{"image":"ghcr.io/Acme/api"}', 400, 'malformed_reference'],
    ['a rollback to nowhere', '{"rollback":"previous"}', 409, 'nothing_to_roll_back_to'],
    ['deep nesting', `{"x":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400, 'malformed_json'],
    ['__proto__ as a key', '{"__proto__":{"image":"x"},"constructor":1}', 202, ''],
    ['65 KiB', `{"x":"${'x'.repeat(66_000)}"}`, 413, 'body_too_large'],
  ])('%s', async ([, body, status, code]) => {
    const response = await post(body)
    expect(response.status).toBe(status)
    if (status !== 202) expect(await codeOf(response)).toBe(code)
  })

  test('a body that is not announced as JSON is 415', async () => {
    const response = await post('{}', { headers: { 'content-type': 'text/plain' } })
    expect(response.status).toBe(415)
  })
})

describe('a deployment', () => {
  test('is answered without a word about waiting, when nobody asked for that', async () => {
    expect((await post('{}')).headers.has('preference-applied')).toBe(false)
  })

  test('is waited for ten minutes at most, and the answer says so', async () => {
    const answer = post('{}', { headers: { prefer: 'wait=6000' } })
    await expect.poll(() => world.store.next('api')?.deployment.id).toBeDefined()
    const id = world.store.next('api')?.deployment.id ?? ''
    const at = new Date(world.clock.ms).toISOString()
    world.store.append(id, { type: 'finished', at, status: 'succeeded' })
    const response = await answer
    expect(response.status).toBe(200)
    expect(response.headers.get('preference-applied')).toBe('wait=600')
  })
})

test('the name of the host may be in capitals', async () => {
  expect((await post('{}', { headers: { host: 'Deploy.Example.COM' } })).status).toBe(202)
})

test('another method than POST is told which to take', async () => {
  const response = await world.app.request('/docker/hook')
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
  expect(await response.json()).toMatchObject({
    code: 'method_not_allowed',
    detail: '/docker/hook takes POST, not GET',
  })
})

describe('the local socket', () => {
  test('needs no signature', async () => {
    const response = await world.local.request('/hooks/api', { method: 'POST' })
    expect(response.status).toBe(202)
  })

  test('is told of an app that does not exist, with those that do', async () => {
    const response = await world.local.request('/hooks/nope', { method: 'POST' })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('api')
  })
})

test('verifying keys parse as they stand in a config', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  expect(parseVerifyingKey(`whpk_${raw.toString('base64')}`).fingerprint).toMatch(/^[0-9a-f]{12}$/)
})
