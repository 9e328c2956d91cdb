import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { ask, versionOf } from '../support/ask.ts'
import { runAction } from '../support/github-runner.ts'
import { buildHelloBase, HELLO, HELLO_BASE, nodeVolumes } from '../support/images.ts'
import { askLocally } from '../support/local.ts'
import { type Stack, startStack } from '../support/stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
  await buildHelloBase({ host: stack.runner.host, dir: stack.workspace.dir, withNode: false })
  Object.assign(stack.config.apps.hello, {
    volumes: await nodeVolumes(),
    watch: '500ms',
    drain: '500ms',
    stop_grace_period: '1s',
  })
  await stack.startReceiver()
})
afterAll(() => stack.close())

/** What a workflow does: the committed bundle builds, pushes, signs by OIDC, posts and follows. */
const push = (version: string, inputs: Record<string, string> = {}, attempt = '1') =>
  runAction({
    inputs: {
      url: `${stack.url}/hooks/hello`,
      image: stack.repository,
      registry: stack.registry.host,
      username: stack.registry.username,
      password: stack.registry.password,
      context: HELLO,
      'build-args': `BASE=${HELLO_BASE}\nVERSION=${version}`,
      timeout: '1m',
      ...inputs,
    },
    env: {
      DOCKER_HOST: stack.runner.host,
      GITHUB_RUN_ID: `100${version}`,
      GITHUB_RUN_ATTEMPT: attempt,
      ACTIONS_ID_TOKEN_REQUEST_URL: stack.issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: stack.issuer.requestToken,
    },
  })

test('a push goes live: the outputs, the log and the summary say how', async () => {
  const { exitCode, outputs, lines, summary, leftovers } = await push('1')
  expect(exitCode, lines.join('\n')).toBe(0)
  expect(outputs['status']).toBe('succeeded')
  expect(outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(outputs['image']).toContain(`@${outputs['digest']}`)
  expect(versionOf(await ask(stack.hello))).toBe('1')
  for (const step of ['pull', 'health', 'swap', 'retire']) {
    expect(lines.join('\n')).toMatch(new RegExp(`✓ ${step} +\\d`))
  }
  expect(summary).toContain(outputs['digest'])
  expect(leftovers).toEqual([])
  expect(lines.join('\n')).not.toContain(stack.registry.password)
})

test('the next one names the digest that it replaced, and its record tells who asked for it', async () => {
  const first = stack.issuer.requests.length
  const { exitCode, outputs, lines } = await push('2')
  expect(exitCode, lines.join('\n')).toBe(0)
  expect(outputs['previous-digest']).toMatch(/^sha256:/)
  expect(outputs['previous-digest']).not.toBe(outputs['digest'])
  expect(versionOf(await ask(stack.hello))).toBe('2')
  expect(stack.issuer.requests.length).toBeGreaterThan(first)
  const { text } = await askLocally(stack.config.socket, `/deployments/${outputs['deployment-id']}`)
  const { source } = JSON.parse(text) as Deployment
  expect(source).toMatchObject({ repository: 'acme/hello', ref: 'refs/heads/main' })
})

test('a broken one fails the job with the last answer and the log, and version 2 goes on', async () => {
  const { exitCode, outputs, annotations, summary } = await push('3', {
    'build-args': `BASE=${HELLO_BASE}\nVERSION=3\nBROKEN=1`,
  })
  expect(exitCode).toBe(1)
  expect(outputs['status']).toBe('failed')
  const said = JSON.stringify(annotations)
  expect(said).toContain('GET /healthz answered 503')
  expect(said).toContain('cannot reach the database')
  expect(summary).toContain('cannot reach the database')
  expect(versionOf(await ask(stack.hello))).toBe('2')
})

test('a rollback builds nothing and brings version 1 back', async () => {
  const { exitCode, outputs, lines } = await push('4', { rollback: 'previous' })
  expect(exitCode, lines.join('\n')).toBe(0)
  expect(outputs['status']).toBe('succeeded')
  expect(versionOf(await ask(stack.hello))).toBe('1')
})

test('a token of another repository is refused with the claim that did not fit', async () => {
  stack.issuer.claims['repository_id'] = '42'
  const { exitCode, annotations } = await push('5', { rollback: 'previous' })
  delete stack.issuer.claims['repository_id']
  expect(exitCode).toBe(1)
  expect(JSON.stringify(annotations)).toMatch(/repository_id is .*42.*the config requires/)
})
