import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry, Sender } from '../../../../receiver/core/intake/audit.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { TokenError } from '../../../../receiver/core/intake/oidc-token.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, bearer, github, packageEvent, post, webhook } from './signed-hooks.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

type Entry = Omit<AuditEntry, 'at' | 'last_at' | 'count' | 'request_id'>

/** The trail so far, oldest first, each entry without its number, its times and the id of its request. */
const entries = (): Entry[] =>
  world.audit().map((entry) => {
    const { at: _at, last_at: _last, count: _count, request_id: id, ...rest } = entry
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    return Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'number')) as never
  })

const FROM = { app: 'api', address: '192.0.2.7' }
const NOBODY: Sender = { kind: 'none' }
const KEY = expect.stringMatching(/^[0-9a-f]{12}$/) as string
const ours = (): Sender => ({
  kind: 'oidc',
  issuer: world.issuer.url,
  claims: expect.objectContaining({ repository: 'acme/hello' }) as Record<string, string>,
})
const DIGEST = `sha256:${'1'.repeat(64)}`
const BIG = JSON.stringify({ pad: 'x'.repeat(70_000) })

/** Sends a body whose length is not announced. */
const drip = async (app: HttpWorld['app'], headers: Record<string, string>) =>
  app.request(
    '/hooks/api',
    {
      method: 'POST',
      headers: { host: 'deploy.example.com', 'x-forwarded-for': '192.0.2.7', ...headers },
      body: new Blob([BIG]).stream(),
      duplex: 'half',
    },
    { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
  )

const TOO_LARGE = /^the body has \d+ bytes or more, at most 65536 are taken$/

const codeOf = (reason: RegExp | string) =>
  String(reason).includes('or more, at most') ? 'body_too_large' : 'signature_rejected'

describe('nobody is known to be the sender', () => {
  test.for<[string, RegExp, () => Promise<Response>]>([
    [
      'of a request for another host',
      /^Host "evil.example" is not this receiver's$/,
      () => post(world, '{}', { headers: { ...basic('api', world.token), host: 'evil.example' } }),
    ],
    [
      'of a request for an absolute URL',
      /^the target is an absolute URL$/,
      () =>
        post(world, '{}', {
          headers: basic('api', world.token),
          target: 'http://deploy.example.com/hooks/api',
        }),
    ],
    [
      'of a body that is announced as too large',
      /^the body has 65537 bytes or more, at most 65536 are taken$/,
      () =>
        post(world, '{}', { headers: { ...basic('api', world.token), 'content-length': '65537' } }),
    ],
    ['without credentials', /^no credentials$/, () => post(world, '{}')],
    [
      'of credentials of another scheme',
      /^the Authorization header is neither Bearer nor Basic$/,
      () => post(world, '{}', { headers: { authorization: 'Digest abc' } }),
    ],
    [
      'of two kinds of credentials',
      /^webhook and github credentials at once$/,
      () =>
        post(world, '{}', {
          headers: { ...webhook(world, '{}'), ...github(world.githubSecret, '{}') },
        }),
    ],
    [
      'of a signature beside another scheme',
      /^github credentials with an Authorization header$/,
      () =>
        post(world, '{}', {
          headers: { ...github(world.githubSecret, '{}'), authorization: 'Digest abc' },
        }),
    ],
    [
      'of credentials without their shape',
      /^the Authorization header is not `Bearer` and a JWT$/,
      () => post(world, '{}', { headers: { authorization: 'Bearer abc' } }),
    ],
  ])('%s', async ([, reason, send]) => {
    await send()
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: NOBODY,
        outcome: 'rejected',
        reason: expect.stringMatching(reason),
        code: codeOf(reason),
      },
    ])
  })

  test('of what the local socket cannot read', async () => {
    expect((await drip(world.local, {})).status).toBe(413)
    expect(entries()).toStrictEqual([
      {
        app: 'api',
        sender: NOBODY,
        outcome: 'rejected',
        reason: expect.stringMatching(TOO_LARGE),
        code: 'body_too_large',
      },
    ])
  })
})

describe('only the kind of the credentials is known', () => {
  test.for<[string, Sender['kind'], string | RegExp, () => Promise<Response>]>([
    [
      'of a body that grows too large',
      'basic',
      TOO_LARGE,
      () => drip(world.app, basic('api', world.token)),
    ],
    [
      'of a wrong password',
      'basic',
      /^the password is not a token of the app$/,
      () => post(world, '{}', { headers: basic('api', 'x'.repeat(30)) }),
    ],
    [
      'of a wrong signature',
      'webhook',
      /^no signature fits any key$/,
      () => post(world, '{ }', { headers: webhook(world, '{}') }),
    ],
    [
      'of a wrong HMAC',
      'github',
      /^X-Hub-Signature-256 fits no secret of the app$/,
      () => post(world, '{ }', { headers: github(world.githubSecret, '{}') }),
    ],
    [
      'of a token for another body',
      'oidc',
      /"aud"/,
      async () => post(world, '{ }', { headers: await bearer(world, '{}') }),
    ],
  ])('%s', async ([, kind, reason, send]) => {
    await send()
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: { kind },
        outcome: 'rejected',
        reason: expect.stringMatching(reason),
        code: codeOf(reason),
      },
    ])
  })

  test('while the keys of the issuer cannot be had: that is 503, and the log says why at once', async () => {
    world.services.verifyToken = async () => {
      throw new TokenError('issuer_unavailable', 'connect ECONNREFUSED')
    }
    const response = await post(world, '{}', { headers: await bearer(world, '{}') })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('15')
    expect(await response.text()).not.toContain('ECONNREFUSED')
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: { kind: 'oidc' },
        outcome: 'rejected',
        reason: 'connect ECONNREFUSED',
        code: 'issuer_unavailable',
      },
    ])
    expect(world.logged).toStrictEqual([
      expect.stringMatching(/^warn hook rejected .*"reason":"connect ECONNREFUSED"/),
    ])
  })

  test('of an app that does not exist, which has no place in the trail', async () => {
    await post(world, '{}', { path: '/hooks/nothing', headers: basic('nothing', world.token) })
    expect(entries()).toStrictEqual([
      {
        address: '192.0.2.7',
        sender: { kind: 'basic' },
        outcome: 'rejected',
        reason: 'the password is not a token of the app',
        code: 'signature_rejected',
      },
    ])
  })
})

describe('an authentic sender is named', () => {
  test('whose claims are not allowed', async () => {
    await post(world, '{}', { headers: await bearer(world, '{}', { ref: 'refs/heads/x' }) })
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: ours(),
        outcome: 'refused',
        reason: expect.stringMatching(/^ref is/),
        code: 'claims_not_allowed',
      },
    ])
  })

  test('whose body cannot be read', async () => {
    await post(world, '{', { headers: webhook(world, '{') })
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: { kind: 'webhook', key: KEY },
        outcome: 'refused',
        reason: expect.stringMatching(/^the body is not JSON: /),
        code: 'malformed_json',
      },
    ])
  })

  test('who may not choose an image', async () => {
    const body = '{"image":"ghcr.io/acme/api:2"}'
    await post(world, body, { headers: basic('api', world.token) })
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: { kind: 'basic', key: KEY },
        outcome: 'refused',
        reason: 'this token may redeploy and roll back, not choose ghcr.io/acme/api:2',
        code: 'deploy_not_allowed',
      },
    ])
  })

  test('with what was asked for, when there is nothing to roll back to', async () => {
    await post(world, '{"rollback":"previous"}', { headers: basic('api', world.token) })
    expect(entries()).toStrictEqual([
      {
        ...FROM,
        sender: { kind: 'basic', key: KEY },
        request: 'rollback previous',
        outcome: 'refused',
        reason: 'nothing of api was ever live',
        code: 'nothing_to_roll_back_to',
      },
    ])
  })

  test('whose token was used before: the answer is that for strangers', async () => {
    const headers = await bearer(world, '{}')
    await post(world, '{}', { headers })
    expect((await post(world, '{}', { headers })).status).toBe(401)
    expect(entries().at(-1)).toStrictEqual({
      ...FROM,
      sender: ours(),
      request: 'redeploy',
      outcome: 'refused',
      reason: 'the token was used before',
      code: 'signature_rejected',
    })
  })

  test('who gives one id to two bodies', async () => {
    await post(world, '{}', { headers: webhook(world, '{}', { id: 'msg_a' }) })
    await post(world, '{ }', { headers: webhook(world, '{ }', { id: 'msg_a' }) })
    expect(entries().at(-1)).toStrictEqual({
      ...FROM,
      sender: { kind: 'webhook', key: KEY },
      request: 'redeploy',
      outcome: 'refused',
      reason: 'the id "msg_a" came with another body before',
      code: 'id_reused',
    })
  })

  test('on the local socket, who asks for an app that does not exist', async () => {
    await world.local.request('/hooks/nothing', { method: 'POST' })
    expect(entries()).toStrictEqual([
      {
        sender: { kind: 'socket' },
        outcome: 'refused',
        reason: 'there is no app "nothing"',
        code: 'unknown_app',
      },
    ])
  })
})

describe('what starts nothing', () => {
  test('is repeated, unchanged or ignored', async () => {
    const event = packageEvent()
    const again = packageEvent(undefined, undefined, 'updated')
    const other = packageEvent('ghcr.io/acme/api:other')
    for (const body of [event, event, again, other]) {
      await post(world, body, { headers: github(world.githubSecret, body) })
    }
    const [accepted, ...rest] = entries()
    const sender = { kind: 'github', key: KEY }
    const request = 'push of ghcr.io/acme/api:latest'
    const deployment = expect.stringMatching(/./) as string
    expect(accepted).toStrictEqual({ ...FROM, sender, request, outcome: 'accepted', deployment })
    expect(rest).toStrictEqual([
      { ...FROM, sender, request, outcome: 'repeated', deployment: accepted?.deployment },
      { ...FROM, sender, request, outcome: 'unchanged', deployment: accepted?.deployment },
      {
        ...FROM,
        sender,
        request: 'push of ghcr.io/acme/api:other',
        outcome: 'ignored',
        reason: 'ghcr.io/acme/api:other is not what api follows: ghcr.io/acme/api:latest',
      },
    ])
  })

  test('and only asks whether anybody is there leaves no trace', async () => {
    await post(world, '{}', { headers: github(world.githubSecret, '{}', 'ping') })
    expect(entries()).toStrictEqual([])
  })
})

test('what is new stands there once, and in the log with who asked and from where', async () => {
  const body = JSON.stringify({ image: `ghcr.io/acme/api@${DIGEST}` })
  await post(world, body, { headers: webhook(world, body) })
  const [entry, ...others] = world.audit()
  expect(others).toStrictEqual([])
  expect(world.logged).toStrictEqual([
    `info hook accepted ${JSON.stringify({
      ...FROM,
      request_id: entry?.request_id,
      sender: entry?.sender,
      request: entry?.request,
      deployment: entry?.deployment,
    })}`,
  ])
})

describe('a failure of the receiver itself is no refusal', () => {
  test.each([
    [
      'a disk that is full is 503, with its remedy',
      new DeployError('store_failed', 'the disk is full', { hint: 'make room' }),
      { status: 503, code: 'store_failed', detail: 'the disk is full', hint: 'make room' },
    ],
    [
      'a store that fails without a remedy is 503',
      new DeployError('store_failed', 'it is gone'),
      { status: 503, detail: 'it is gone' },
    ],
    [
      'what is not for clients is 500',
      new DeployError('nginx_failed', 'secret'),
      { status: 500, code: 'internal_error' },
    ],
    ['a defect is 500', new Error('secret'), { status: 500, code: 'internal_error' }],
  ])('%s', async (_name, failure, expected) => {
    world.services.intake = {
      ...world.services.intake,
      together: () => Promise.reject(failure),
    }
    const response = await post(world, '{}', { headers: basic('api', world.token) })
    const body = (await response.json()) as { status: number; hint?: string }
    expect(body).toMatchObject(expected)
    expect('hint' in body).toBe('hint' in expected)
    expect(JSON.stringify(body)).not.toContain('secret')
    const isStore = body.status === 503
    expect(response.headers.get('retry-after')).toBe(isStore ? '60' : null)
    expect(world.logged.map((line) => line.slice(0, 22))).toStrictEqual(['error a request failed'])
    expect(entries()).toStrictEqual([])
  })
})

test('a reason is cut to 500 characters', async () => {
  const iss = 'x'.repeat(600)
  await post(world, '{}', { headers: await bearer(world, '{}', { iss }) })
  expect(entries()[0]?.reason).toBe(`issuer "${'x'.repeat(492)}…`)
})
