import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { guardSecrets, leaksBelow, secretsIn, tells } from '../support/leaks.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const SECRET = 'pass word/with+all?'
let workspace: Workspace
let dir: string
let data: string

beforeEach(() => {
  workspace = openWorkspace()
  dir = workspace.folder('receiver')
  data = join(dir, 'data')
  mkdirSync(data)
  guardSecrets(dir, { config: { data, registries: { x: { password: SECRET } } }, env: {} })
})
afterEach(() => workspace.close().catch(() => {}))

test('what tells nothing is left alone', async () => {
  writeFileSync(join(dir, 'receiver.log'), 'the password is not here')
  expect(leaksBelow(workspace.dir)).toEqual([])
})

test.each([
  ['as it is', SECRET],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ...['', 'a', 'ab', 'abc'].map((before) => [
    `in base64 behind ${JSON.stringify(before)}`,
    Buffer.from(`${before}${SECRET}:more`).toString('base64'),
  ]),
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in a URL', encodeURIComponent(SECRET)],
])('a secret in a log is found %s, and fails the end of the tests', async (_, text) => {
  writeFileSync(join(dir, 'nginx.log'), `GET /${text} 200`)
  expect(leaksBelow(workspace.dir)).toEqual([
    'receiver/nginx.log holds a secret that a receiver was given',
  ])
  await expect(workspace.close()).rejects.toThrow('receiver/nginx.log')
})

test('a secret in a row of the store is found, however long that is', () => {
  const database = new DatabaseSync(join(data, 'deploy-receiver.db'))
  database.exec('CREATE TABLE event (text TEXT) STRICT')
  for (const before of [4000, 4080, 100_000]) {
    const row = `${'x'.repeat(before)}${SECRET}${'x'.repeat(5000)}`
    database.prepare('INSERT INTO event VALUES (?)').run(row)
  }
  database.close()
  expect(leaksBelow(workspace.dir)).not.toEqual([])
})

test('secrets are the values below names that speak of them', () => {
  const config = {
    password: 'long enough',
    auth: { secrets: ['whsec_12345678'], basic: { token: '${FROM_THE_ENVIRONMENT}' } },
    password_file: '/run/a/long/path',
    image: 'ghcr.io/acme/token-server',
    token: 'short',
    env: { API_KEY: 'key-12345', MONKEY: 'not-a-secret', PASSWORD_STORE_DIR: '/a/long/path' },
  }
  expect(secretsIn(config)).toEqual(['long enough', 'whsec_12345678', 'key-12345'])
})

test('another text tells nothing', () => {
  expect(tells('pass word', SECRET)).toBe(false)
})
