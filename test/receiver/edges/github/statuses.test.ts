import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { DeliveryError } from '../../../../receiver/core/notify/delivery-error.ts'
import type { GithubNews } from '../../../../receiver/core/notify/github-news.ts'
import { createGithubStatuses } from '../../../../receiver/edges/github/statuses.ts'

const key = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  // as GitHub gives it
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey
const SHA = 'a'.repeat(40)
const NEWS: GithubNews = {
  repository: 'acme/api',
  sha: SHA,
  environment: 'production',
  state: 'success',
  description: 'rollback on the VM succeeded',
  app: 'api',
  deployment: 'dep_1',
  url: 'https://api.example.com',
}
const TASK = encodeURIComponent('deploy-receiver:dep_1')

let github: Server
let apiUrl: string
let asked: { line: string; auth: string; body: unknown }[]
/** Deployments that it has. */
let known: { id: number }[]
let fails: (line: string) => [number, object, Record<string, string>?] | undefined

beforeAll(async () => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const line = `${request.method} ${request.url}`
    const body = text === '' ? undefined : (JSON.parse(text) as unknown)
    asked.push({ line, auth: request.headers.authorization ?? '', body })
    const json = (status: number, value: unknown, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(value))
    }
    const failure = fails(line)
    if (failure !== undefined) return json(...failure)
    if (line.endsWith('/access_tokens')) {
      const expires = new Date(Date.now() + 3_600_000).toISOString()
      return json(201, { token: 'ghs_installation', expires_at: expires, permissions: {} })
    }
    if (line.startsWith('GET /v3/repos/acme/api/deployments?')) return json(200, known)
    if (line === 'POST /v3/repos/acme/api/deployments') {
      known.push({ id: 42 })
      return json(201, { id: 42 })
    }
    return json(201, { id: 1 })
  }
  github = createServer((request, response) => void answer(request, response))
  github.listen(0, '127.0.0.1')
  await once(github, 'listening')
  apiUrl = `http://127.0.0.1:${(github.address() as AddressInfo).port}/v3`
})
afterAll(() => github.close())
beforeEach(() => {
  asked = []
  known = []
  fails = () => undefined
})

const connect = (pageUrl?: string, env: NodeJS.ProcessEnv = {}, url = apiUrl) =>
  createGithubStatuses({ id: '123', installation: '7', key, apiUrl: url }, () => pageUrl, env)
const ending = () => AbortSignal.timeout(100_000)

test('a deployment is made once, with its status and that of its commit', async () => {
  const show = connect('https://page.example.com')
  await show({ ...NEWS, state: 'in_progress', description: 'rollback on the VM' }, ending())
  await show(NEWS, ending())
  const [signIn, ...requests] = asked
  expect(signIn?.line).toBe('POST /v3/app/installations/7/access_tokens')
  expect(decodeJwt(signIn?.auth.replace(/^bearer /i, '') ?? '').iss).toBe('123')
  expect(new Set(requests.map(({ auth }) => auth))).toEqual(new Set(['token ghs_installation']))
  const list = `GET /v3/repos/acme/api/deployments?sha=${SHA}&environment=production&task=${TASK}`
  const page = 'https://page.example.com/page/deployments/dep_1'
  expect(requests.map(({ line, body }) => (body === undefined ? [line] : [line, body]))).toEqual([
    [list],
    [
      'POST /v3/repos/acme/api/deployments',
      {
        ref: SHA,
        task: 'deploy-receiver:dep_1',
        environment: 'production',
        description: 'rollback on the VM',
        auto_merge: false,
        required_contexts: [],
      },
    ],
    [
      'POST /v3/repos/acme/api/deployments/42/statuses',
      {
        state: 'in_progress',
        description: 'rollback on the VM',
        log_url: page,
        environment_url: 'https://api.example.com',
      },
    ],
    [
      `POST /v3/repos/acme/api/statuses/${SHA}`,
      {
        state: 'pending',
        context: 'deploy/api',
        description: 'rollback on the VM',
        target_url: page,
      },
    ],
    [list],
    [
      'POST /v3/repos/acme/api/deployments/42/statuses',
      {
        state: 'success',
        description: 'rollback on the VM succeeded',
        log_url: page,
        environment_url: 'https://api.example.com',
      },
    ],
    [
      `POST /v3/repos/acme/api/statuses/${SHA}`,
      {
        state: 'success',
        context: 'deploy/api',
        description: 'rollback on the VM succeeded',
        target_url: page,
      },
    ],
  ])
})

test.for([
  [422, {}, true, undefined],
  [404, {}, true, undefined],
  [403, {}, false, undefined],
  [429, { 'retry-after': '40', 'x-ratelimit-remaining': '0' }, false, 40_000],
] as const)(
  'an answer %i %j is over for good: %s',
  async ([status, headers, isFinal, retryAfterMs]) => {
    fails = (line) =>
      line.startsWith('GET') ? [status, { message: 'because\u001b[2J' }, { ...headers }] : undefined
    const error: unknown = await connect()(NEWS, ending()).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DeliveryError)
    expect(error).toMatchObject({ isFinal, retryAfterMs })
    expect((error as Error).message).toMatch(
      /^GitHub answered \d+ for acme\/api at a{12}: because\\u001b\[2J/,
    )
    expect((error as Error).message).not.toContain('ghs_')
  },
)

test('a moment on GitHub’s side passes', { tags: 'long' }, async () => {
  let times = 1
  fails = (line) => (line.startsWith('GET') && times-- > 0 ? [502, { message: 'bad' }] : undefined)
  await connect()(NEWS, ending())
  expect(asked.map(({ line }) => line.split(' ')[0])).toEqual([
    'POST',
    'GET',
    'GET',
    'POST',
    'POST',
    'POST',
  ])
})

test('a server that is not there is asked again later', { tags: 'long' }, async () => {
  const show = createGithubStatuses(
    { id: '123', installation: '7', key, apiUrl: 'http://127.0.0.1:1' },
    () => undefined,
    {},
  )
  const error: unknown = await show(NEWS, ending()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    isFinal: false,
    message: expect.stringMatching(/cannot be reached/),
  })
})

test.each([
  ['a pause before the next attempt', [429, {}, { 'retry-after': '4' }]],
  ['a pause after a failure', [502, {}]],
] as const)('%s ends with the signal', async (_, [status, body, headers = {}]) => {
  const stopping = new AbortController()
  const { promise: failed, resolve } = Promise.withResolvers<void>()
  fails = (line) => {
    if (!line.startsWith('GET')) return undefined
    // a pause never ends by itself
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    resolve()
    return [status, body, { ...headers }]
  }
  const showing = connect()(NEWS, stopping.signal).catch((thrown: unknown) => thrown)
  onTestFinished(() => void vi.useRealTimers())
  await failed
  await vi.waitUntil(() => vi.getTimerCount() > 0, { timeout: 30_000 })
  stopping.abort(new Error('the receiver stops'))
  const { message } = (await showing) as Error
  expect(message).toContain('the receiver stops')
  expect(asked.filter(({ line }) => line.startsWith('GET'))).toHaveLength(1)
})

test('GitHub is asked through the proxy that the environment has, unless it is excepted', async () => {
  const proxied: string[] = []
  const proxy = createServer((request, response) => {
    const { host, pathname, search } = new URL(request.url ?? '')
    proxied.push(host)
    request.url = `${pathname}${search}`
    github.emit('request', request, response)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const env = { HTTP_PROXY: `http://127.0.0.1:${port}` }
  await connect(undefined, env, 'http://github.test:81/v3')(NEWS, ending())
  expect(new Set(proxied)).toEqual(new Set(['github.test:81']))
  expect(asked.at(-1)?.line).toBe(`POST /v3/repos/acme/api/statuses/${SHA}`)
  proxied.length = 0
  // nothing on this machine is
  await connect(undefined, env)(NEWS, ending())
  expect(proxied).toEqual([])
  proxy.close()
  proxy.closeAllConnections()
})
