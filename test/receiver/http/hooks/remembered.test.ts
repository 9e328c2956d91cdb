import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Intake } from '../../../../receiver/core/intake/submit.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, bearer, github, packageEvent, post, webhook } from './signed-hooks.ts'

const DAY = 24 * 60 * 60

let world: HttpWorld
/** For how many seconds from now on a key of each kind, and a token, is remembered. */
let remembered: { kind: string; seconds: number }[]
beforeEach(async () => {
  world = await startHttpWorld()
  remembered = []
  const { intake } = world.services
  const note = (kind: string, expiresAt: number) =>
    remembered.push({ kind, seconds: expiresAt - world.nowSeconds() })
  const noting: Intake = {
    ...intake,
    useToken(token) {
      note('token', token.expiresAt)
      return intake.useToken(token)
    },
    remember(app, key, answer) {
      note(key.kind, answer.expiresAt)
      intake.remember(app, key, answer)
    },
  }
  world.services.intake = noting
})
afterEach(() => world.stop())

const status = async (response: Promise<Response>) => (await response).status

test('a token is remembered for a day beyond its end, as long as the clock may be wrong', async () => {
  const exp = world.nowSeconds() + 300
  const headers = await bearer(world, '{}', { exp })
  expect(await status(post(world, '{}', { headers }))).toBe(202)
  expect(remembered).toStrictEqual([{ kind: 'token', seconds: 300 + DAY }])
})

test('a token that ended within the tolerance is remembered for a day from now', async () => {
  const headers = await bearer(world, '{}', { exp: world.nowSeconds() - 3 })
  expect(await status(post(world, '{}', { headers }))).toBe(202)
  expect(remembered).toStrictEqual([{ kind: 'token', seconds: DAY }])
})

test('the body of a GitHub webhook, whose signature never ends, is remembered for ten years', async () => {
  const body = packageEvent()
  const headers = github(world.githubSecret, body)
  expect(await status(post(world, body, { headers }))).toBe(202)
  expect(remembered).toStrictEqual([{ kind: 'github', seconds: 3650 * DAY }])
})

test('the id of a Standard Webhook is remembered for a day, and its signature lasts ten minutes', async () => {
  expect(await status(post(world, '{}', { headers: webhook(world, '{}') }))).toBe(202)
  expect(remembered).toStrictEqual([{ kind: 'webhook', seconds: DAY }])
})

test('the id of a body is remembered for a day', async () => {
  const body = '{"id":"once"}'
  expect(await status(post(world, body, { headers: basic('api', world.token) }))).toBe(202)
  expect(remembered).toStrictEqual([{ kind: 'body', seconds: DAY }])
})

test("what the signature names goes before the body's id", async () => {
  const body = '{"id":"once"}'
  expect(await status(post(world, body, { headers: webhook(world, body) }))).toBe(202)
  expect(remembered.map(({ kind }) => kind)).toStrictEqual(['webhook'])
})
