import { expect, test } from 'vitest'
import { createAskMember } from '../../../../receiver/edges/fleet/ask-member.ts'
import { freePort } from '../../../support/ports.ts'
import { answerJson, serve } from '../../../action/loopback.ts'

const readToken = 'f8Zt3LwXc0Vn7RbYk2MfHd5s'
const ask = (url: string) => createAskMember({}, { answerMs: 240_000 })({ url, readToken })
const digest = `sha256:${'a'.repeat(64)}`
const EVIL = `\u001b[2Jv1${'x'.repeat(300)}`

test('a receiver tells its apps to who has the token, and its words are cut', async () => {
  const asked: unknown[] = []
  const url = await serve((request, response) => {
    asked.push([request.url, request.headers.authorization])
    const live = {
      image: { repository: 'r', tag: EVIL, digest },
      live_at: '2026-01-02T03:04:05.000Z',
      source: { release: 'r1' },
      later: {},
    }
    answerJson(response, 200, {
      apps: [
        { name: 'api', live, current: { status: 'running' }, last: { status: 'failed' } },
        { name: 'web', live: null, current: null, last: null },
      ],
    })
  })
  const [api, web] = await ask(url)
  expect(asked).toEqual([['/apps', `Bearer ${readToken}`]])
  expect(api).toMatchObject({
    name: 'api',
    live: { digest, since: '2026-01-02T03:04:05.000Z', release: 'r1' },
    underWay: 'running',
    lastFailed: true,
  })
  expect(api?.live?.tag?.length).toBeLessThanOrEqual(130)
  expect(api?.live?.tag).not.toContain('\u001b')
  expect(web).toEqual({ name: 'web', lastFailed: false })
})

test.for<[string, number, string | object, RegExp]>([
  ['another token', 401, {}, /^it answers 401: read_token is none of its read_tokens$/],
  ['a redirect', 302, {}, /^it answers 302: write where that leads as url$/],
  ['an error', 502, {}, /^it answers 502$/],
  ['another service', 200, { hello: 1 }, /^its answer is not that of a receiver$/],
  ['no end', 200, { apps: 'x'.repeat(5 * 1024 * 1024) }, /4194304|MiB/],
])('why it could not be asked is said: %s', async ([, status, body, why]) => {
  const url = await serve((_, response) => answerJson(response, status, body))
  await expect(ask(url)).rejects.toThrow(why)
})

test('so is that nobody is there', async () => {
  await expect(ask(`http://127.0.0.1:${await freePort()}`)).rejects.toThrow(/ECONNREFUSED/)
})
