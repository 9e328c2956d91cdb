import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseSigningKey, parseVerifyingKey, sign } from '../../../../protocol/standard-webhooks.ts'
import type { SignedTest } from '../../../../receiver/http/hooks/test-keys.ts'
import { ed25519Pair, type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const TEST = '{"test":true}'

async function post(body: string, headers: Record<string, string>, app = world.app) {
  const response = await app.request('/hooks/api', {
    method: 'POST',
    body,
    headers: { host: 'deploy.example.com', 'content-type': 'application/json', ...headers },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const signed = (body: string, key = world.secret, id = 'msg_1') => {
  const timestamp = world.nowSeconds()
  return post(body, {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign({
      key: parseSigningKey(key),
      id,
      timestamp,
      body: Buffer.from(body),
    }),
  })
}

const deployments = () => [...world.store.recent('api')]
const ACCEPTED = { result: 'tested', detail: 'redeploy would be accepted' }

test('a test is answered 200, and starts and uses up nothing', async () => {
  const waiting = await signed('{}', world.secret, 'msg_0')
  expect(waiting.status).toBe(202)
  const woken = world.woken.length

  expect(await signed(TEST)).toStrictEqual({ status: 200, body: ACCEPTED })
  expect(await signed(TEST)).toStrictEqual({ status: 200, body: ACCEPTED })
  expect(deployments()).toMatchObject([{ status: 'queued' }])
  expect(world.woken).toHaveLength(woken)
  // its id is still there for another body
  expect((await signed('{}')).status).toBe(202)
})

test('a token that was tested with is not used up', async () => {
  const sha = createHash('sha256').update(TEST).digest('hex')
  const audience = `https://deploy.example.com/hooks/api#sha256=${sha}`
  const authorization = `Bearer ${await world.issuer.mint({}, audience)}`
  for (let n = 0; n < 2; n++) {
    expect(await post(TEST, { authorization })).toStrictEqual({ status: 200, body: ACCEPTED })
  }
})

test('a test is refused as a real hook would be', async () => {
  expect(await signed(TEST, ed25519Pair().privateKey)).toMatchObject({ status: 401 })
  expect(await signed('{"test":true,"image":"evil/api"}')).toMatchObject({
    status: 403,
    body: { code: 'image_not_allowed' },
  })
  expect(await signed('{"test":true,"rollback":"previous"}')).toMatchObject({
    body: { code: 'nothing_to_roll_back_to' },
  })
  expect((await signed('{}')).status).toBe(202)
  expect(await signed('{"test":true,"image":"ghcr.io/acme/api:2"}')).toMatchObject({
    status: 422,
    body: { code: 'id_reused' },
  })
  expect(deployments()).toHaveLength(1)
})

test('the local socket gives a signed test, which is good for a minute', async () => {
  const response = await world.local.request('/apps/api/test-hook', { method: 'POST' })
  const { url, headers, body, key } = (await response.json()) as SignedTest
  expect(url).toBe('https://deploy.example.com/hooks/api')
  world.clock.ms += 60_000
  expect(await post(body, headers)).toStrictEqual({ status: 200, body: ACCEPTED })
  world.services.refusals.flush()
  expect(world.audit()).toMatchObject([
    {
      app: 'api',
      outcome: 'ignored',
      sender: { kind: 'webhook', key },
      reason: 'a test: redeploy would be accepted',
    },
  ])
  world.clock.ms += 1000
  expect((await post(body, headers)).status).toBe(401)
  expect((await world.app.request('/apps/api/test-hook', { method: 'POST' })).status).toBe(404)
})

test('a key of a test signs nothing else', async () => {
  const { publicKey, privateKey } = ed25519Pair()
  world.services.testKeys = {
    ...world.services.testKeys,
    of: () => parseVerifyingKey(publicKey),
  }
  expect((await signed(TEST, privateKey)).status).toBe(200)
  for (const body of ['{}', '{"test":false}', '{"image":"ghcr.io/acme/api:2"}']) {
    expect(await signed(body, privateKey)).toMatchObject({
      status: 401,
      body: { code: 'signature_rejected' },
    })
  }
  expect(deployments()).toEqual([])
})
