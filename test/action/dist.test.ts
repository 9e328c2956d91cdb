import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, test, onTestFinished } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { runAction } from '../support/github-runner.ts'
import { startIssuer } from '../support/oidc-issuer.ts'
import { startProxy } from './connect-proxy.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

const DIST = join(import.meta.dirname, '..', '..', 'dist')
const at = '2026-01-02T03:04:06.000Z'
const digest = `sha256:${'a'.repeat(64)}`
const previous = { deployment: 'd0', digest: `sha256:${'b'.repeat(64)}` }

interface Hook {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** Stands in for a receiver: takes every hook and tells the given end of it. */
const standIn = async (ended: Deployment, events: DeploymentEvent[]) => {
  const hooks: Hook[] = []
  const url: string = await serve((request, response) => {
    const path = request.url ?? ''
    if (path === '/deployments/d1') return answerJson(response, 200, ended)
    if (path === '/deployments/d1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      return events.forEach((event, index) =>
        response.write(`id: ${index + 1}\ndata: ${JSON.stringify(event)}\n\n`),
      )
    }
    void bodyOf(request).then((body) => {
      hooks.push({ path, headers: request.headers, body })
      const follow = { url: `${url}/deployments/d1/events`, token: 'follow-token-0123456789' }
      answerJson(response, 202, { deployment: deploymentOf(), follow })
    })
  })
  return { url: `${url}/hooks/hello`, hooks }
}

const only = (hooks: readonly Hook[]): Hook => {
  const [hook, ...others] = hooks
  if (hook === undefined || others.length > 0)
    throw new Error(`${hooks.length} hooks came, not one`)
  return hook
}

const image = { repository: 'ghcr.io/acme/hello', tag: 'main', digest }
const succeeded = deploymentOf({
  status: 'succeeded',
  image,
  previous,
  finished_at: '2026-01-02T03:04:09.000Z',
})
const success: DeploymentEvent[] = [
  { type: 'started', at },
  { type: 'image', at, digest, previous },
  { type: 'step', at, step: 'pull', status: 'succeeded', ms: 812, message: '12.3 MB' },
  { type: 'live', at },
  { type: 'finished', at, status: 'succeeded' },
]

test('the bundle signs by OIDC, follows, and sets every output', async () => {
  const issuer = await startIssuer()
  onTestFinished(issuer.stop)
  const { url, hooks } = await standIn(succeeded, success)
  const run = await runAction({
    inputs: { url, build: 'false', image: 'ghcr.io/acme/hello:main' },
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
    },
  })
  expect(run.lines.join('\n')).toContain('✓ pull        812 ms  12.3 MB')
  expect(run).toMatchObject({ exitCode: 0, postExitCode: 0, annotations: [], leftovers: [] })
  expect(run.outputs).toEqual({
    image: `ghcr.io/acme/hello:main@${digest}`,
    digest,
    'deployment-id': 'd1',
    status: 'succeeded',
    'previous-digest': previous.digest,
    'duration-ms': '4000',
  })
  expect(run.summary).toContain('### ✅ hello: succeeded')

  const { body, headers } = only(hooks)
  expect(JSON.parse(body)).toEqual({
    image: 'ghcr.io/acme/hello:main',
    id: '1000000001:1:deploy:__run:hello',
    source: {
      repository: 'acme/hello',
      ref: 'refs/heads/main',
      sha: '0123456789abcdef0123456789abcdef01234567',
      run_url: 'https://github.com/acme/hello/actions/runs/1000000001/attempts/1',
      actor: 'octocat',
      message: 'Say hello',
    },
  })
  const token = (headers.authorization ?? '').replace('Bearer ', '')
  const { payload } = await jwtVerify(
    token,
    createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks`)),
  )
  expect(payload.aud).toBe(`${url}#sha256=${createHash('sha256').update(body).digest('hex')}`)
  expect(run.masks).toEqual(expect.arrayContaining([token, 'follow-token-0123456789']))
})

test('a failed deployment fails the job with the reason and the log, and nothing in them is a command', async () => {
  const error = {
    code: 'unhealthy',
    message: 'GET /healthz answered 500: ::stop-commands::x',
    hint: 'Look at the log.',
    log: ['listening', '::add-mask::listening', 'at ##[error]boom', 'a\r::warning::b'],
  }
  const { url, hooks } = await standIn(deploymentOf({ status: 'failed', image, error }), [
    { type: 'started', at },
    { type: 'progress', at, step: 'health', message: '500\r::set-output name=status::succeeded' },
    { type: 'finished', at, status: 'failed', error },
  ])
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const run = await runAction({
    inputs: { url, secret, build: 'false', image: 'ghcr.io/acme/hello:main' },
  })
  expect(run.exitCode).toBe(1)
  expect(run.outputs).toMatchObject({ status: 'failed', 'deployment-id': 'd1' })
  expect(run.annotations).toHaveLength(2)
  expect(run.annotations[0]).toMatchObject({
    level: 'error',
    title: 'hello was not deployed: unhealthy',
    message: expect.stringMatching(
      /answered 500[^]*Look at the log\.[^]*listening[^]*boom/,
    ) as string,
  })
  expect(run.annotations[1]?.message).toContain(
    'deployment d1 of hello failed: GET /healthz answered 500',
  )
  expect(run.masks).not.toContain('listening')
  expect(run.lines.join('\n')).toContain('at ##\u200b[error]boom')
  expect(run.summary).toContain('<pre>\nlistening\n')

  const { headers, body } = only(hooks)
  const id = headers['webhook-id'] as string
  expect(id).toBe('1000000001:1:deploy:__run:hello')
  const signed = `${id}.${headers['webhook-timestamp'] as string}.${body}`
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${mac}`)
  expect(run.masks).toContain(secret)
})

test('a rollback is only a hook', async () => {
  const { url, hooks } = await standIn(succeeded, success)
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const run = await runAction({ inputs: { url, secret, rollback: 'previous' } })
  expect(run.exitCode).toBe(0)
  expect(JSON.parse(only(hooks).body)).toMatchObject({ rollback: 'previous' })
  expect(JSON.parse(only(hooks).body)).not.toHaveProperty('image')
})

test('a plain CI_CD_URL is posted to with its password, which is never shown', async () => {
  const heard: Hook[] = []
  const base = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      heard.push({ path: request.url ?? '', headers: request.headers, body })
      response.writeHead(200).end()
    })
  })
  const url = base.replace('http://', 'http://$shop:hunter2-hunter2@')
  const run = await runAction({
    inputs: { url: `${url}/docker/hook`, build: 'false', image: 'ghcr.io/acme/hello:main' },
  })
  expect(run.exitCode).toBe(0)
  expect(heard[0]).toMatchObject({
    path: '/docker/hook',
    headers: { authorization: `Basic ${Buffer.from('$shop:hunter2-hunter2').toString('base64')}` },
  })
  expect(JSON.parse(only(heard).body)).not.toHaveProperty('image')
  expect(run.lines.join('\n')).not.toContain('hunter2')
  expect(run.lines.join('\n')).toContain('nothing to follow')
  expect(run.outputs).toMatchObject({ status: 'accepted' })
})

test('each receiver has its line in the outputs, also one that says nothing', async () => {
  const silent = await serve((_, response) => void response.writeHead(200).end())
  const first = silent.replace('http://', 'http://hello:hunter2-hunter2@')
  const second = await standIn(succeeded, success)
  const run = await runAction({
    inputs: {
      url: [`${first}/hooks/hello`, second.url].join('\n'),
      secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      build: 'false',
      image: 'ghcr.io/acme/hello:main',
    },
  })
  expect(run.outputs).toMatchObject({
    'deployment-id': '\nd1',
    'previous-digest': `\n${previous.digest}`,
    status: 'accepted',
  })
})

test('a run loads what it needs alone, and the bundle stays small', () => {
  const scripts = readdirSync(DIST).filter((name) => /\.c?js$/.test(name))
  const read = (name: string) => readFileSync(join(DIST, name), 'utf8')
  const always = new Set(['main.js', 'github.js'])
  for (const name of always) {
    for (const [, imported = ''] of read(name).matchAll(/^import .* from "\.\/(.*)";$/gm))
      always.add(imported)
  }
  expect([...always].filter((name) => read(name).includes('createDeploymentStatus:'))).toEqual([])
  expect(scripts.filter((name) => read(name).includes('createDeploymentStatus:'))).toHaveLength(1)
  const kib = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + read(name).length, 0) / 1024
  expect(kib(always)).toBeLessThan(512)
  expect(kib([...always, 'metadata.js', 'checkout.js'])).toBeLessThan(640)
  expect(kib(scripts)).toBeLessThan(3 * 1024)
})

test('versions and dates have their libraries', async () => {
  const run = await runAction({
    inputs: {
      tags: "type=semver,pattern={{major}}.{{minor}},value=1.2.3\ntype=raw,value=since-{{date '[the] YYYY' tz='Europe/Berlin'}}",
    },
    env: { PATH: '/nowhere' },
  })
  expect(run.annotations[0]?.message).toContain('the docker command is not on this runner')
  expect(run.outputs['tag-names']).toMatch(/^1\.2\nsince-the-\d{4}\nlatest$/)
})

test('the client for GitHub goes through the proxy', async () => {
  const asked: string[] = []
  const proxy = await startProxy(
    await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answerJson(response, 201, { id: 7 })
    }),
  )
  const { url } = await standIn(succeeded, success)
  const run = await runAction({
    inputs: {
      url,
      secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      build: 'false',
      environment: 'production',
    },
    env: {
      GITHUB_API_URL: 'http://github.corp.test/api/v3',
      http_proxy: `http://${proxy.address}`,
    },
  })
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  const statuses = 'POST /api/v3/repos/acme/hello/deployments/7/statuses'
  expect(asked).toEqual(['POST /api/v3/repos/acme/hello/deployments', statuses, statuses])
  expect(new Set(proxy.asked)).toEqual(new Set(['github.corp.test:80']))
})

test('without id-token: write the error says what to add', async () => {
  const { url, hooks } = await standIn(succeeded, success)
  const run = await runAction({ inputs: { url, build: 'false' } })
  expect(run.exitCode).toBe(1)
  expect(run.annotations).toHaveLength(1)
  expect(run.annotations[0]?.message).toContain('id-token: write')
  expect(hooks).toHaveLength(0)
})

test('without action.yml applied the documented defaults hold', async () => {
  const run = await runAction({ defaults: false, inputs: { timeout: 'soon' } })
  expect(run.annotations[0]?.message).toContain('input timeout: "soon" is not a duration')
  const { url, hooks } = await standIn(succeeded, success)
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  await runAction({ defaults: false, inputs: { url, secret, build: 'false' } })
  expect(JSON.parse(only(hooks).body)).toMatchObject({ image: 'ghcr.io/acme/hello' })
})

test('a cancelled job ends at once and leaves the deployment alone', async () => {
  const { url } = await standIn(succeeded, [{ type: 'started', at }])
  const cancelling = new AbortController()
  const run = await runAction({
    inputs: { url, secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`, build: 'false' },
    signal: cancelling.signal,
    onLine: (line) => {
      if (line === 'started') cancelling.abort()
    },
  })
  expect(run.exitCode).toBe(1)
  expect(run.annotations[0]?.message).toContain('The deployment goes on by itself.')
  expect(run.outputs).toMatchObject({ status: 'running', 'deployment-id': 'd1' })
})

test('a job that is cancelled between two tries of the hook tries no more', async () => {
  let tries = 0
  const url = await serve((_, response) => {
    tries++
    answerJson(response, 503, {})
  })
  const cancelling = new AbortController()
  const run = await runAction({
    inputs: {
      url: `${url}/hooks/hello`,
      secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      build: 'false',
    },
    signal: cancelling.signal,
    onLine: (line) => {
      if (line.includes('trying again in')) cancelling.abort()
    },
  })
  expect(run.exitCode).toBe(1)
  expect(run.annotations.map(({ message }) => message)).toEqual(['the job was cancelled'])
  expect(tries).toBe(1)
})
