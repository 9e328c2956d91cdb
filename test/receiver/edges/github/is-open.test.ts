import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createIsOpen } from '../../../../receiver/edges/github/is-open.ts'

const { privateKey: key } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})
const PULL = { repository: 'acme/api', pullRequest: 42 }
const BRANCH = { repository: 'acme/api', branch: 'feature/x' }
const HOME = '/v3/repos/acme/api'

let github: Server
let url: string
let asked: string[]
/** Its answers by path; all else is 404. */
let answers: Record<string, [status: number, body: object, headers?: Record<string, string>]>

beforeAll(async () => {
  github = createServer((request, response) => {
    const path = request.url ?? ''
    const token = { token: 'ghs_installation', expires_at: '2099-01-01T00:00:00Z', permissions: {} }
    const isSignIn = path.endsWith('/access_tokens')
    if (!isSignIn) asked.push(`${request.method} ${path}`)
    const [status, body, headers] = isSignIn
      ? [201, token, {}]
      : (answers[path] ?? [404, { message: 'Not Found' }, {}])
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(github, 'listening')
  url = `http://127.0.0.1:${(github.address() as AddressInfo).port}/v3`
})
afterAll(() => github.close())
beforeEach(() => {
  asked = []
  answers = { [HOME]: [200, { full_name: 'acme/api' }] }
})

const isOpen = (subject: typeof PULL | typeof BRANCH, apiUrl = url) =>
  createIsOpen({ id: '1', installation: '7', key, apiUrl }, {})(
    subject,
    AbortSignal.timeout(60_000),
  )

test.for([
  ['open', true],
  ['closed', false],
] as const)('a pull request that is %s', async ([state, result]) => {
  answers[`${HOME}/pulls/42`] = [200, { state }]
  expect(await isOpen(PULL)).toBe(result)
  expect(asked).toEqual([`GET ${HOME}/pulls/42`])
})

test('a branch that is there, and one that is not', async () => {
  expect(await isOpen(BRANCH)).toBe(false)
  expect(asked).toEqual([`GET ${HOME}/branches/feature%2Fx`, `GET ${HOME}`])
  answers[`${HOME}/branches/feature%2Fx`] = [200, { name: 'feature/x' }]
  expect(await isOpen(BRANCH)).toBe(true)
})

test.for([
  ['a pull request that is not shown', PULL, 404],
  ['one that the app may not read', PULL, 403],
  ['a branch of a repository that is not shown', BRANCH, 404],
] as const)(
  '%s says nothing: it is an error, with what the app needs',
  async ([, subject, status]) => {
    answers = status === 403 ? { [`${HOME}/pulls/42`]: [403, { message: 'not accessible' }] } : {}
    await expect(isOpen(subject)).rejects.toMatchObject({
      message: expect.stringContaining(`GitHub answered ${status} for acme/api`),
      hint: expect.stringContaining('"Pull requests"'),
    })
  },
)

test('a limit of GitHub’s that is reached is not waited for', async () => {
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4000000000' }
  answers[`${HOME}/pulls/42`] = [403, { message: 'API rate limit exceeded' }, headers]
  await expect(isOpen(PULL)).rejects.toThrow('API rate limit exceeded')
  expect(asked.length).toBeLessThanOrEqual(2)
})

test('a GitHub that cannot be reached says so', async () => {
  await expect(isOpen(PULL, 'http://127.0.0.1:9')).rejects.toThrow('GitHub cannot be reached')
})
