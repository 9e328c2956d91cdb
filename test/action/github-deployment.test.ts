import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { runAction } from '../support/github-runner.ts'
import { deploymentOf } from './deployment-of.ts'
import { startProxy } from './connect-proxy.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

const at = '2026-01-02T03:04:06.000Z'
const digest = `sha256:${'a'.repeat(64)}`
const image = { repository: 'ghcr.io/acme/hello', tag: 'main', digest }
const url = 'https://hello.example.com'
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz'

interface Heard {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/**
 * Stands in for GitHub's REST API (docs.github.com, "REST API endpoints for deployments").
 * @param answer status for a request; 307 sends it where GitHub keeps a renamed repository
 */
async function github(answer: (heard: Heard) => number = () => 201) {
  const heard: Heard[] = []
  const api: string = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      const { method = '', url: path = '', headers } = request
      const body = JSON.parse(text) as Heard['body']
      heard.push({ method, path, headers, body })
      const status = answer({ method, path, headers, body })
      if (status === 307) {
        const location = `http://${headers.host}${path.replace('/repos/acme/hello', '/repositories/7')}`
        return response.writeHead(307, { location }).end()
      }
      if (status !== 201) {
        return answerJson(response, status, { message: 'Resource not accessible by integration' })
      }
      // another host name of the same GitHub
      answerJson(response, 201, { id: 42, statuses_url: 'http://ghes.internal.test/statuses' })
    })
  })
  return { api, heard }
}

/** Stands in for a receiver; the last event comes only when `ends` is true. */
async function receiver(ended: Deployment, { ends = true, status = 202 } = {}) {
  const base: string = await serve((request, response) => {
    const path = request.url ?? ''
    if (path === '/deployments/d1') return answerJson(response, 200, ended)
    if (path === '/deployments/d1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const events: DeploymentEvent[] = [{ type: 'started', at }]
      const { error } = ended
      if (ends && (ended.status === 'succeeded' || ended.status === 'failed')) {
        events.push({ type: 'finished', at, status: ended.status, ...(error && { error }) })
      }
      return events.forEach((event, index) =>
        response.write(`id: ${index + 1}\ndata: ${JSON.stringify(event)}\n\n`),
      )
    }
    const follow = { url: `${base}/deployments/d1/events`, token: 'follow-token-0123456789' }
    answerJson(response, status, { deployment: deploymentOf({ url }), follow })
  })
  return `${base}/hooks/hello`
}

const run = (hook: string, api: string, more: Parameters<typeof runAction>[0] = {}) =>
  runAction({
    ...more,
    inputs: {
      url: hook,
      secret: SECRET,
      build: 'false',
      image: 'ghcr.io/acme/hello:main',
      environment: 'production',
      ...more.inputs,
    },
    env: { GITHUB_API_URL: api, ...more.env },
  })
const IN_PROGRESS = 'GitHub deployment in the environment production: in_progress'
const states = (heard: readonly Heard[]) =>
  heard.slice(1).map(({ body }) => [body['state'], body['description']])

describe('a GitHub deployment', () => {
  test('is made of the commit, without merging or waiting for checks, and succeeds with its URL', async () => {
    const { api, heard } = await github()
    const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
    const { exitCode, outputs, annotations } = await run(hook, api)
    expect({ exitCode, annotations }).toEqual({ exitCode: 0, annotations: [] })
    expect(outputs['environment-url']).toBe(url)
    const [created, , last] = heard
    expect(created).toMatchObject({ method: 'POST', path: '/repos/acme/hello/deployments' })
    expect(created?.headers).toMatchObject({
      authorization: `token ${TOKEN}`,
      accept: 'application/vnd.github.v3+json',
      'user-agent': expect.stringContaining('deploy-action') as string,
    })
    expect(created?.body).toEqual({
      ref: '0123456789abcdef0123456789abcdef01234567',
      environment: 'production',
      description: 'ghcr.io/acme/hello:main',
      auto_merge: false,
      required_contexts: [],
    })
    expect(states(heard)).toEqual([
      ['in_progress', 'the deployment was sent'],
      ['success', 'live: hello:main sha256:aaaaaaaaaaaa'],
    ])
    expect(last).toMatchObject({
      path: '/repos/acme/hello/deployments/42/statuses',
      body: {
        log_url: 'https://github.com/acme/hello/actions/runs/1000000001/attempts/1',
        environment_url: url,
      },
    })
  })

  test('fails with the reason, shortened to what GitHub takes', async () => {
    const { api, heard } = await github()
    const message = `GET /healthz answered 500: ${'x'.repeat(300)}`
    const error = { code: 'unhealthy', message }
    const hook = await receiver(deploymentOf({ status: 'failed', image, error }))
    expect((await run(hook, api)).exitCode).toBe(1)
    const [, [state, description] = []] = states(heard)
    expect(state).toBe('failure')
    expect(String(description)).toHaveLength(140)
    expect(description).toContain('answered 500: xxx')
  })

  test('fails when the hook is refused', { tags: 'long' }, async () => {
    const { api, heard } = await github()
    expect((await run(await receiver(deploymentOf(), { status: 401 }), api)).exitCode).toBe(1)
    expect(states(heard).at(-1)?.[0]).toBe('failure')
  })

  test(
    'fails when a later receiver takes no hook, though the one before is live',
    { tags: 'long' },
    async () => {
      const { api, heard } = await github()
      const first = await receiver(deploymentOf({ status: 'succeeded', image, url }))
      const second = await receiver(deploymentOf(), { status: 401 })
      await run(`${first}\n${second}`, api)
      expect(states(heard).at(-1)).toEqual(['failure', expect.stringContaining('answered 401')])
    },
  )

  test('without the permission is only warned of, by its name', async () => {
    const { api } = await github(() => 403)
    const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
    const { exitCode, annotations } = await run(hook, api)
    expect(exitCode).toBe(0)
    expect(annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('deployments: write') },
    ])
  })

  test('shows what is true when the job is cancelled', async () => {
    for (const [status, expected] of [
      ['running', 'error'],
      ['succeeded', 'success'],
    ] as const) {
      const { api, heard } = await github()
      const hook = await receiver(deploymentOf({ status, image, url }), { ends: false })
      const cancel = new AbortController()
      const { exitCode } = await run(hook, api, {
        signal: cancel.signal,
        onLine: (line) => line.includes('deployment d1') && cancel.abort(),
      })
      expect(exitCode).toBe(1)
      expect(states(heard).at(-1)?.[0]).toBe(expected)
    }
  })

  test(
    'is not asked for any longer, nor is a hook posted, once the job is cancelled',
    { tags: 'long' },
    async () => {
      const cancel = new AbortController()
      const { api, heard } = await github(() => {
        cancel.abort()
        return 502
      })
      let hooks = 0
      const hook = await serve((_, response) => {
        hooks += 1
        answerJson(response, 401, {})
      })
      const { exitCode, annotations } = await run(`${hook}/hooks/hello`, api, {
        signal: cancel.signal,
      })
      expect(exitCode).toBe(1)
      expect(annotations.map(({ message }) => message)).toEqual(['the job was cancelled'])
      expect({ asked: heard.length, hooks }).toEqual({ asked: 1, hooks: 0 })
    },
  )

  test('is ended by the post step when the job was killed', async () => {
    const { api, heard } = await github()
    const hook = await receiver(deploymentOf({ status: 'running', image, url }), { ends: false })
    const kill = new AbortController()
    const awaited = new Set(['deployment d1 of hello: queued', IN_PROGRESS])
    const { postExitCode } = await run(hook, api, {
      signal: kill.signal,
      killSignal: 'SIGKILL',
      onLine: (line) => awaited.delete(line) && awaited.size === 0 && kill.abort(),
    })
    expect(postExitCode).toBe(0)
    expect(states(heard)).toEqual([
      ['in_progress', 'the deployment was sent'],
      ['error', 'the job was killed while it followed; the deployment goes on by itself'],
    ])
  })

  test(
    'is ended by the post step, also where it cannot remove the login’s directory',
    { tags: 'long' },
    async () => {
      const { api, heard } = await github()
      const begun = { owner: 'acme', repo: 'hello', id: 42, logUrl: '', environment: 'production' }
      // longer than a name may be
      const directory = `/tmp/deploy-action-docker-${'x'.repeat(300)}`
      const { postExitCode, annotations } = await run('no URL', api, {
        env: {
          'STATE_docker-config': directory,
          'STATE_github-deployment': JSON.stringify(begun),
        },
      })
      expect(postExitCode).toBe(0)
      expect(heard.map(({ body }) => body['state'])).toEqual(['error'])
      expect(annotations.at(-1)).toMatchObject({
        level: 'warning',
        message: expect.stringContaining(`${directory}, which holds logins`) as string,
      })
    },
  )

  test(
    'is reported through a bad moment of GitHub, and its last state by the post step at the latest',
    { tags: 'long' },
    async () => {
      const answers = [502, 201, 201, 502, 422, 201]
      const { api, heard } = await github(() => answers.shift() ?? 500)
      const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
      const { exitCode, postExitCode, annotations } = await run(hook, api)
      expect({ exitCode, postExitCode }).toEqual({ exitCode: 0, postExitCode: 0 })
      expect(heard.map(({ body }) => body['state'])).toEqual([
        undefined,
        undefined,
        'in_progress',
        'success',
        'success',
        'success',
      ])
      expect(heard.at(-1)?.body['environment_url']).toBe(url)
      expect(annotations).toMatchObject([
        { level: 'warning', message: expect.stringContaining('422: Resource not accessible') },
      ])
    },
  )

  test('of a repository that was renamed goes where GitHub says, through the runner’s proxy', async () => {
    const { api, heard } = await github(({ path }) => (path.includes('/repos/') ? 307 : 201))
    const { address, asked } = await startProxy(api)
    const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
    const elsewhere = 'http://api.corp.test'
    const { annotations } = await run(hook, elsewhere, { env: { http_proxy: address } })
    expect(annotations).toEqual([])
    expect(asked).toContain('api.corp.test:80')
    const followed = heard.filter(({ path }) => path.startsWith('/repositories/7/'))
    expect(followed.map(({ body }) => body['state'])).toEqual([undefined, 'in_progress', 'success'])
    expect(followed[0]?.headers.authorization).toBe(`token ${TOKEN}`)
  })

  test('is not made without an environment, nor without a receiver', async () => {
    const { api, heard } = await github()
    const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
    await run(hook, api, { inputs: { environment: '' } })
    expect(heard).toEqual([])
  })

  test('an environment-url of the workflow goes before the receiver’s', async () => {
    const { api, heard } = await github()
    const hook = await receiver(deploymentOf({ status: 'succeeded', image, url }))
    const given = 'https://pr-7.example.com'
    const { outputs } = await run(hook, api, { inputs: { 'environment-url': given } })
    expect(outputs['environment-url']).toBe(given)
    expect(heard.at(-1)?.body['environment_url']).toBe(given)
  })
})
