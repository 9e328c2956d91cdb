import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createIssuerKeys } from '../../../../receiver/edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../../../../receiver/edges/oidc/verify.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { type Issuer, startIssuer } from '../../../support/oidc-issuer.ts'

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
