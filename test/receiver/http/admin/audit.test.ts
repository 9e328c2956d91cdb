import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../../../receiver/core/intake/audit.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, bearer, github, KINDS, packageEvent, post, webhook } from '../hooks/signed-hooks.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const short = ({ app, address, sender, outcome, count }: AuditEntry) =>
  `${count} ${outcome} ${app ?? '-'} ${sender.kind} from ${address ?? 'socket'}`

test('every request that asked for something stands in the audit trail', async () => {
  const body = '{"id":"once"}'
  await post(world, body, { headers: await bearer(world, body) })
  await post(world, body, { headers: await bearer(world, body) })
  await post(world, '{}', { headers: webhook(world, '{}'), from: '203.0.113.5' })
  await post(world, packageEvent('ghcr.io/acme/api:other'), {
    headers: github(world.githubSecret, packageEvent('ghcr.io/acme/api:other')),
  })
  await post(world, '{"image":"ghcr.io/acme/api"}', { headers: basic('api', world.token) })
  await post(world, '{}', { headers: basic('api', 'wrong') })
  await post(world, '{}', { path: '/hooks/nothing' })
  await world.local.request('/hooks/api', { method: 'POST' })
  expect(world.audit().map(short).sort()).toStrictEqual([
    '1 accepted api oidc from 192.0.2.7',
    '1 accepted api socket from socket',
    '1 accepted api webhook from 203.0.113.5',
    '1 ignored api github from 192.0.2.7',
    '1 refused api basic from 192.0.2.7',
    '1 rejected - none from 192.0.2.7',
    '1 rejected api basic from 192.0.2.7',
    '1 repeated api oidc from 192.0.2.7',
  ])
  // and each is counted by it, a word in place of the precise reason
  expect(world.hooked.toSorted()).toStrictEqual([
    'accepted api oidc',
    'accepted api socket',
    'accepted api webhook',
    'ignored api github',
    'refused api basic deploy_not_allowed',
    'rejected - none signature_rejected',
    'rejected api basic signature_rejected',
    'repeated api oidc',
  ])
})

test('a hook that is a test is counted as one that was ignored', async () => {
  await post(world, '{"test":true}', { headers: webhook(world, '{"test":true}') })
  expect(world.hooked).toStrictEqual(['ignored api webhook'])
})

test('an entry says who it was, what was asked for, and what came of it', async () => {
  const body = '{"image":"ghcr.io/acme/api:1.4.2"}'
  const response = await post(world, body, { headers: await bearer(world, body) })
  const { deployment } = (await response.json()) as { deployment: { id: string } }
  expect(world.audit()).toStrictEqual([
    {
      number: 1,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      last_at: expect.stringMatching(/Z$/),
      count: 1,
      app: 'api',
      address: '192.0.2.7',
      sender: {
        kind: 'oidc',
        issuer: world.issuer.url,
        claims: expect.objectContaining({
          repository: 'acme/hello',
          repository_id: '123456789',
          ref: 'refs/heads/main',
          actor: 'octocat',
          run_id: '1000000001',
        }),
      },
      request: 'deploy ghcr.io/acme/api:1.4.2',
      outcome: 'accepted',
      deployment: deployment.id,
      request_id: response.headers.get('x-request-id'),
    },
  ])
})

test('a key is named by its fingerprint, and a refusal by its precise reason', async () => {
  await post(world, '{}', { headers: webhook(world, '{}') })
  await post(world, '{}', { headers: basic('web', world.token) })
  const [accepted, rejected] = world.audit()
  expect(accepted?.sender).toStrictEqual({
    kind: 'webhook',
    key: expect.stringMatching(/^[0-9a-f]{12}$/),
  })
  expect(rejected).toMatchObject({
    outcome: 'rejected',
    sender: { kind: 'basic' },
    reason: 'the user name is not that of the app',
  })
})

describe('a flood', () => {
  test('of the same refusal is counted in one entry, and logged once', async () => {
    for (let request = 0; request < 300; request++) {
      await post(world, '{}', { headers: basic('api', 'wrong') })
    }
    expect(world.audit().map(short)).toStrictEqual(['300 rejected api basic from 192.0.2.7'])
    await post(world, '{}', { headers: basic('api', 'wrong') })
    expect(world.audit().map(short)).toStrictEqual(['301 rejected api basic from 192.0.2.7'])
    expect(world.logged.filter((line) => line.includes('hook rejected'))).toHaveLength(1)
  })

  test('of different refusals has a bounded number of entries, and none is left out of the count', async () => {
    for (let request = 0; request < 1500; request++) {
      await post(world, '{}', { from: `10.9.${request >> 8}.${request & 255}` })
    }
    const entries: AuditEntry[] = []
    let before: number | undefined
    for (;;) {
      const query = before === undefined ? '' : `&before=${before}`
      const page = await world.local.request(`/audit?limit=200${query}`)
      const json = (await page.json()) as { entries: (AuditEntry & { number: number })[] }
      if (json.entries.length === 0) break
      entries.push(...json.entries)
      before = json.entries.at(-1)?.number
    }
    expect(entries.length).toBeLessThanOrEqual(1001)
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(1500)
    expect(world.logged.length).toBeLessThanOrEqual(1001)
  })
})

describe('GET /audit', () => {
  test('is there over the local socket alone', async () => {
    expect((await world.local.request('/audit')).status).toBe(200)
    const headers = { authorization: `Bearer ${world.readToken}` }
    expect((await world.app.request('/audit', { headers })).status).toBe(404)
  })

  test('shows one app, newest first, a page at a time', async () => {
    for (const kind of ['oidc', 'webhook', 'basic'] as const) {
      await post(world, '{}', { headers: await KINDS[kind](world, '{}') })
    }
    await post(world, '{}', { path: '/hooks/web', headers: basic('web', world.deployToken) })
    const read = async (query: string) => {
      const response = await world.local.request(`/audit?${query}`)
      return ((await response.json()) as { entries: (AuditEntry & { number: number })[] }).entries
    }
    const first = await read('app=api&limit=2')
    expect(first.map(({ sender }) => sender.kind)).toStrictEqual(['basic', 'webhook'])
    const next = await read(`app=api&limit=2&before=${first.at(-1)?.number}`)
    expect(next.map(({ sender }) => sender.kind)).toStrictEqual(['oidc'])
  })

  test.each(['limit=0', 'limit=x', 'before=x', 'before=-1'])('refuses %s', async (query) => {
    expect((await world.local.request(`/audit?${query}`)).status).toBe(400)
  })
})
