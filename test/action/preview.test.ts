import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { readInputs } from '../../action/inputs.ts'
import { previewOf } from '../../action/preview.ts'
import { HookBody } from '../../protocol/hook.ts'
import { runAction } from '../support/github-runner.ts'
import { startIssuer } from '../support/oidc-issuer.ts'
import { contextOf } from './context-of.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

const URL_OF_APP = 'https://deploy.test/hooks/hello'
const read = (given: Record<string, string>) =>
  readInputs(contextOf(), (name) => ({ url: URL_OF_APP, ...given })[name] ?? '')
const pull = (action: string, eventName = 'pull_request') =>
  contextOf({
    eventName,
    pullRequest: 42,
    ref: action === 'closed' ? 'refs/heads/main' : 'refs/pull/42/merge',
    payload: { action, pull_request: { number: 42 } },
  })
const branch = (name: string, eventName = 'push') =>
  contextOf({ eventName, ref: `refs/heads/${name}` })

test.for([
  ['true', pull('opened'), 'pr-42', false],
  ['true', pull('synchronize'), 'pr-42', false],
  ['TRUE', pull('closed'), 'pr-42', true],
  ['true', pull('closed', 'pull_request_target'), 'pr-42', true],
  ['true', branch('sign-in'), 'sign-in', false],
  ['true', branch('pr-42'), expect.stringMatching(/^pr-42-[0-9a-f]{8}$/) as string, false],
  ['staging', pull('closed'), 'staging', true],
  ['pr-7', branch('main', 'workflow_dispatch'), 'pr-7', false],
  ['feature/a', branch('main'), expect.stringMatching(/^feature-a-[0-9a-f]{8}$/) as string, false],
] as const)('preview: %s', ([preview, run, name, isOver]) => {
  expect(previewOf(read({ preview }), run)).toMatchObject({ name, isOver })
})

test('preview: false, or none, is the app itself', () => {
  expect(previewOf(read({ preview: 'false' }), pull('opened'))).toBeUndefined()
  expect(previewOf(read({}), pull('closed'))).toBeUndefined()
})

test.for([
  [{ preview: 'true', url: '' }, 'input preview: "true" without url'],
  [
    { preview: 'pr-1', url: `${URL_OF_APP}\nhttps://b.test/hooks/hello` },
    'input preview: "pr-1" beside 2 lines of url',
  ],
  [{ preview: 'true', rollback: 'previous' }, 'input preview: "true" beside rollback: previous'],
  [
    { preview: 'true', url: 'https://u:p@deploy.test/hooks/hello' },
    'input preview: user and password stand in url',
  ],
] as const)('%j is refused', ([given, message]) => {
  expect(() => read(given)).toThrow(message)
})

test.for([contextOf({ ref: 'refs/tags/v1' }), branch('main', 'delete')])(
  'preview: true is refused on $eventName of $ref',
  (run) => {
    expect(() => previewOf(read({ preview: 'true' }), run)).toThrow('neither a pull request nor')
  },
)

const digest = `sha256:${'a'.repeat(64)}`
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** Stands in for a receiver that has, or has not, the preview that is to go. */
async function receiver(removal: { status: number; result: string } | undefined) {
  const hooks: { body: HookBody; text: string; authorization: string | undefined }[] = []
  const base = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      const body = v.parse(HookBody, JSON.parse(text))
      hooks.push({ body, text, authorization: request.headers.authorization })
      if (body.remove !== true) return answerJson(response, 202, { deployment: deploymentOf() })
      const { status, result } = removal ?? { status: 500, result: 'no' }
      answerJson(response, status, { result, detail: 'hello--pr-42' })
    })
  })
  return { url: `${base}/hooks/hello`, hooks }
}

const event = (action: string, repo: string | null = 'acme/hello') => ({
  action,
  repository: { full_name: 'acme/hello', default_branch: 'main' },
  pull_request: {
    number: 42,
    head: { sha: 'f'.repeat(40), repo: repo === null ? null : { full_name: repo } },
  },
})

/** A job of a `pull_request` event, which cannot build, for there is no engine, and asks GitHub for nothing, for there is no token. */
const run = (url: string, more: Parameters<typeof runAction>[0]) =>
  runAction({
    ...more,
    inputs: { url, preview: 'true', secret: SECRET, 'github-token': '', ...more.inputs },
    env: {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/42/merge',
      DOCKER_HOST: 'tcp://127.0.0.1:1',
      ...more.env,
    },
  })

test('a pull request’s image goes to its preview', async () => {
  const { url, hooks } = await receiver(undefined)
  const image = `ghcr.io/acme/hello@${digest}`
  const { exitCode, lines } = await run(url, {
    event: event('opened'),
    inputs: { build: 'false', image, wait: 'false' },
  })
  expect(exitCode).toBe(0)
  expect(hooks.map(({ body }) => body)).toMatchObject([{ image, preview: 'pr-42' }])
  expect(lines).toContain(`deploying ${image} as hello--pr-42: ${url}`)
})

test('a closed one’s preview is taken away, with no build, signed over the exact body', async () => {
  const issuer = await startIssuer()
  onTestFinished(issuer.stop)
  const { url, hooks } = await receiver({ status: 202, result: 'removed' })
  const { exitCode, annotations, lines, outputs } = await run(url, {
    event: event('closed'),
    inputs: { secret: '' },
    env: {
      GITHUB_REF: 'refs/heads/main',
      ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
    },
  })
  expect({ exitCode, annotations, outputs }).toEqual({
    exitCode: 0,
    annotations: [],
    outputs: { status: 'removed' },
  })
  expect(lines.filter((line) => line !== '')).toEqual([
    `taking the preview pr-42 of hello away: ${url}`,
    'removed: hello--pr-42',
  ])
  const [{ body, text, authorization = '' } = { body: undefined, text: '' }] = hooks
  expect(body).toEqual({
    preview: 'pr-42',
    remove: true,
    id: '1000000001:1:deploy:__run:hello',
    source: expect.objectContaining({ repository: 'acme/hello' }) as unknown,
  })
  const claims = JSON.parse(
    Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString(),
  ) as { aud: string }
  expect(claims.aud).toBe(`${url}#sha256=${createHash('sha256').update(text).digest('hex')}`)
})

test('that there was none to take away is as good, and a refusal is not', async () => {
  const none = await receiver({ status: 200, result: 'ignored' })
  expect((await run(none.url, { event: event('closed') })).exitCode).toBe(0)
  const refusing = await receiver({ status: 403, result: 'no' })
  expect((await run(refusing.url, { event: event('closed') })).exitCode).toBe(1)
})

test('from a fork nothing is built, deployed or taken away, unless a secret is there', async () => {
  const { url, hooks } = await receiver({ status: 202, result: 'removed' })
  for (const [action, repo] of [
    ['opened', 'stranger/hello'],
    ['closed', null],
  ] as const) {
    const { exitCode, annotations, outputs } = await run(url, {
      event: event(action, repo),
      inputs: { secret: '' },
    })
    expect({ exitCode, outputs }).toEqual({ exitCode: 0, outputs: {} })
    expect(annotations).toMatchObject([
      { level: 'notice', message: expect.stringContaining('is from a fork') as string },
    ])
  }
  expect(hooks).toEqual([])
  await run(url, { event: event('closed', 'stranger/hello') })
  expect(hooks).toHaveLength(1)
})
