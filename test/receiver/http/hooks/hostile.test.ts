import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { bearer, codeOf, KINDS, type Kind, post } from './signed-hooks.ts'

let world: HttpWorld
beforeAll(async () => {
  world = await startHttpWorld()
})
afterAll(() => world.stop())

describe('a time in an otherwise right token', () => {
  const times: [string, () => unknown][] = [
    ['is a fraction', () => world.nowSeconds() + 0.5],
    ['has no end of digits', () => 1e300],
    ['is beyond the year 9999', () => 253_402_300_800],
    ['is the largest whole number', () => Number.MAX_SAFE_INTEGER],
    ['is below zero', () => -1],
    ['is a text', () => String(world.nowSeconds())],
    ['is a truth', () => true],
    ['is a list', () => [world.nowSeconds()]],
    ['is nothing', () => null],
  ]
  test.for(
    (['exp', 'nbf', 'iat'] as const).flatMap((claim) =>
      times.map(([what, time]) => [claim, what, time] as const),
    ),
  )('that %s %s is 401', async ([claim, , time]) => {
    const response = await post(world, '{}', {
      headers: await bearer(world, '{}', { [claim]: time() }),
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ detail: 'signature rejected' })
  })
})

/** JSON of so many lists in each other. */
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const nestedMaps = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)

describe.each(['oidc', 'webhook', 'basic', 'github'] as const)('a %s hook', (kind: Kind) => {
  test.each([
    ['attestations', `{"attestations":[${nested(5000)}]}`],
    ['attestations, as maps', `{"attestations":[${nestedMaps(5000)}]}`],
    ['image', `{"image":${nested(5000)}}`],
    ['rollback', `{"rollback":${nested(5000)}}`],
    ['id', `{"id":${nested(5000)}}`],
    ['source', `{"source":${nestedMaps(5000)}}`],
    ['source.message', `{"source":{"message":${nested(5000)}}}`],
    ['a field that nobody knows', `{"x":${nested(5000)}}`],
    ['the body', nested(5000)],
    ['the whole body', nested(32_000)],
    ['a push of a registry', `{"action":"push","target":{"repository":${nested(5000)}}}`],
    ['a push to Docker Hub', `{"push_data":{"tag":${nested(5000)}},"repository":{}}`],
    ['an event of EventBridge', `{"source":"aws.ecr","detail":${nestedMaps(5000)}}`],
    ['an event of GitHub', `{"action":"published","package":{"name":${nested(5000)}}}`],
  ])('whose JSON is deep in %s is told so', async (_where, body) => {
    const headers = await KINDS[kind](world, body)
    const response = await post(world, body, { headers })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      code: 'malformed_json',
      detail: 'the body is nested more than 64 levels deep',
    })
  })
})

test('JSON as deep as bundles are is taken', async () => {
  const body = `{"attestations":[${nested(60)},"${'['.repeat(100)}"]}`
  const response = await post(world, body, { headers: await bearer(world, body) })
  expect(response.status).toBe(202)
})

test.each(['sub', 'repository_id', 'ref', 'actor', 'anything'])(
  'a right token whose claim %s is deep is 401',
  async (claim) => {
    // deeper ones the issuer of the test cannot write itself
    const deep: unknown = JSON.parse(nested(1000))
    const headers = await bearer(world, '{}', { [claim]: deep })
    const response = await post(world, '{}', { headers })
    expect(response.status).toBe(401)
    expect(await codeOf(response)).toBe('signature_rejected')
  },
)

test.each([nested(6000), '1', 'null', '{"a":1}', `"${'x'.repeat(12_000)}"`])(
  'a token of nobody whose iss is no issuer is 401',
  async (iss) => {
    const part = (json: string) => Buffer.from(json).toString('base64url')
    const token = `${part('{"alg":"RS256"}')}.${part(`{"iss":${iss}}`)}.${part('x')}`
    const response = await post(world, '{}', { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(401)
    expect(world.audit().at(-1)?.reason?.length).toBeLessThan(502)
  },
)
