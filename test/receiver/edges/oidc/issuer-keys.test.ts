import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createIssuerKeys } from '../../../../receiver/edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../../../../receiver/edges/oidc/verify.ts'
import type { ResolveName } from '../../../../receiver/edges/reach.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../../../support/endless.ts'
import { type Issuer, startIssuer } from '../../../support/oidc-issuer.ts'
import { answerJson, serve } from '../../../action/loopback.ts'

const AUDIENCE = 'https://deploy.example.com/hooks/api#sha256=0'
const [SECOND, HOUR] = [1000, 60 * 60 * 1000]

let dir: string
let issuer: Issuer
/** All clocks stand still: how long these tests take has no part in them. */
const now = () => Date.UTC(2026, 0, 1)
/** Milliseconds by which the receiver's clock for keys is ahead. */
let ahead: number
const open: ReturnType<typeof openDatabase>[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'issuer-keys-'))
  issuer = await startIssuer({ nowMs: now })
  ahead = 0
})
afterEach(async () => {
  for (const database of open.splice(0)) database.close()
  await issuer.stop().catch(() => undefined)
  rmSync(dir, { recursive: true })
})

/** What a receiver has that starts now on the data directory. */
function start() {
  for (const database of open.splice(0)) database.close()
  const database = openDatabase(join(dir, 'store.db'))
  open.push(database)
  const keys = createIssuerKeys(database, () => now() + ahead)
  const verify = createVerifyToken(keys, () => new Date(now()))
  return async (token: string, from = issuer.url) =>
    verify(token, { issuers: [from], audience: AUDIENCE })
}
const token = () => issuer.mint({}, AUDIENCE)
const fetches = () => issuer.requests.filter(({ path }) => path.startsWith('/.well-known/')).length

test('keys are fetched once, and again after an hour', async () => {
  const verify = start()
  for (let times = 0; times < 5; times++) await verify(await token())
  expect(fetches()).toBe(2)
  ahead = HOUR + SECOND
  await verify(await token())
  expect(fetches()).toBe(4)
})

test('a receiver that starts while the issuer is down verifies with the keys that it had', async () => {
  await start()(await token())
  const late = await token()
  await issuer.stop()
  const verify = start()
  expect(await verify(late)).toMatchObject({ issuer: issuer.url })
  // also when they are old by then
  ahead = 24 * HOUR
  expect(await verify(late)).toMatchObject({ issuer: issuer.url })
})

test('an issuer that fails is named with the reason, and asked once in 30 s', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const verify = start()
  const failing = async () => verify(await issuer.mint({ iss: url }, AUDIENCE), url)
  const failure = {
    code: 'issuer_unavailable',
    message: `cannot fetch the keys of ${url}: ${url}/.well-known/openid-configuration answered 503`,
  }
  for (let times = 0; times < 5; times++) await expect(failing()).rejects.toMatchObject(failure)
  expect(asked).toBe(1)
  ahead = 31 * SECOND
  await expect(failing()).rejects.toMatchObject(failure)
  expect(asked).toBe(2)
  server.close()
})

test('tokens with keys that nobody knows make one fetch in 30 s', async () => {
  const verify = start()
  await verify(await token())
  const stranger = await startIssuer({ nowMs: now })
  const forged = () => stranger.mint({ iss: issuer.url }, AUDIENCE)
  for (let times = 0; times < 5; times++) {
    await expect(verify(await forged())).rejects.toMatchObject({ code: 'rejected' })
  }
  expect(fetches()).toBe(2)
  ahead = 31 * SECOND
  for (let times = 0; times < 5; times++) {
    await expect(verify(await forged())).rejects.toMatchObject({ code: 'rejected' })
  }
  expect(fetches()).toBe(4)
  // and the right ones go on working
  expect(await verify(await token())).toMatchObject({ issuer: issuer.url })
  await stranger.stop()
})

describe('what an issuer answers', () => {
  /** Fetches the keys of an issuer at a name of the test's own, whose discovery document is `discovery`. */
  async function keysOf(
    discovery: (itself: string) => unknown,
    resolve: ResolveName = async () => ['127.0.0.1'],
  ) {
    const url = await serve((_, response) => answerJson(response, 200, discovery(name)))
    const name = `http://issuer.example:${new URL(url).port}`
    const database = openDatabase(join(dir, 'other.db'))
    open.push(database)
    const keys = createIssuerKeys(database, now, { resolve })
    return keys.get(name).then(
      () => 'keys',
      (error: { code: string; message: string }) => {
        expect(error.code).toBe('issuer_unavailable')
        return error.message.replace(`cannot fetch the keys of ${name}: `, '')
      },
    )
  }

  test.for([
    ['http://127.0.0.1:1/keys', /^jwks_uri http:.* is neither https nor at http:/],
    ['https://169.254.169.254/keys', /^it leads to 169\.254\.169\.254, a metadata address$/],
    ['https://10.0.0.1/keys', /^it leads to 10\.0\.0\.1, a private address$/],
    ['https://inner.example/keys', /^it leads to inner\.example \(10\.1\.2\.3\), a private/],
    ['nothing', /Invalid URL/],
  ] as const)('may not name keys at %s', async ([jwks_uri, said]) => {
    const resolve: ResolveName = async (host) => [
      host === 'inner.example' ? '10.1.2.3' : '127.0.0.1',
    ]
    expect(await keysOf((itself) => ({ issuer: itself, jwks_uri }), resolve)).toMatch(said)
  })

  test('is asked at the kind of address at which it was found, and at no other', async () => {
    let times = 0
    const moving: ResolveName = async () => [times++ === 0 ? '192.0.78.9' : '127.0.0.1']
    expect(await keysOf(() => ({}), moving)).toBe(
      'it leads to issuer.example (127.0.0.1), a loopback address',
    )
  })

  test('without end is read no further than the limit', async () => {
    const { url, closed } = await startEndless({ begins: '{"issuer":"' })
    const database = openDatabase(join(dir, 'other.db'))
    open.push(database)
    await expect(createIssuerKeys(database, now).get(url)).rejects.toThrow(
      `cannot fetch the keys of ${url}: the answer is longer than 524288 bytes`,
    )
    expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  test('is quoted in part alone', async () => {
    const said = await keysOf(() => ({ issuer: 'x'.repeat(100_000), jwks_uri: 'https://y/' }))
    expect(said).toMatch(/^its discovery document is that of x+…$/)
    expect(said).toHaveLength(300)
  })
})
