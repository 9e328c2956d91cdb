import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { expect, onTestFinished, test } from 'vitest'
import { APP } from '../support/fake-world.ts'
import { runAction } from '../support/github-runner.ts'
import { startHttpWorld } from '../support/http-world.ts'
import { startGithub } from './small-github.ts'

const image = { repository: 'ghcr.io/acme/api', tag: 'latest' }

/** The HTTP side of a receiver that has one preview at most. */
async function startReceiver() {
  const world = await startHttpWorld()
  const { services, issuer, clock } = world
  const server = createAdaptorServer({ fetch: (...asked) => world.app.fetch(...asked) }) as Server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await world.stop()
  })
  clock.ms = Date.now()
  services.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  services.hosts = { ...services.hosts, public: () => true }
  const api = services.apps.get('api')
  if (api === undefined) throw new Error('there is no api')
  const oidc = [{ issuer: issuer.url, claims: { repository_id: ['123456789'] } }]
  const previews = {
    max: 1,
    ttlMs: 0,
    specOf: (name: string) => ({ ...APP, name: `api--${name}`, image }),
  }
  const credentials = { ...api.credentials, previews: { oidc, webhookKeys: [] } }
  services.apps = new Map([['api', { ...api, credentials, previews }]])
  return world
}

test('a receiver makes and removes what pull requests ask for, and refuses one too many', async () => {
  const { services, issuer } = await startReceiver()
  const { api, comments } = await startGithub()
  let runId = 16_000_000_000
  const job = async (action: string, number: number) => {
    const isMerged = action === 'closed'
    const ref = isMerged ? 'refs/heads/main' : `refs/pull/${number}/merge`
    runId += 1
    Object.assign(issuer.claims, {
      event_name: 'pull_request',
      ref,
      head_ref: `branch-of-${number}`,
      run_id: String(runId),
    })
    const { exitCode, lines } = await runAction({
      event: { action, pull_request: { number, head: { repo: { full_name: 'acme/hello' } } } },
      inputs: {
        url: `${services.url}/hooks/api`,
        preview: 'true',
        build: 'false',
        wait: 'false',
        image: `ghcr.io/acme/api@sha256:${'1'.repeat(64)}`,
      },
      env: {
        GITHUB_API_URL: api,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_REF: ref,
        GITHUB_RUN_ID: String(runId),
        ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
      },
      post: false,
    })
    return { exitCode, log: lines.join('\n') }
  }
  const { record } = services.previews
  const standing = () => record.all().map((one) => [one.app, one.leavesSince !== undefined])

  expect(await job('opened', 7)).toMatchObject({ exitCode: 0 })
  expect(standing()).toEqual([['api--pr-7', false]])
  expect((await job('opened', 42)).exitCode).toBe(1)
  expect(comments).toMatchObject([
    { body: expect.stringContaining('previews.max is 1: api--pr-42 is not made') as string },
  ])
  expect((await job('closed', 42)).log).toContain('ignored: there is no preview api--pr-42')
  expect((await job('closed', 7)).log).toContain('removed: api--pr-7 goes')
  expect(standing()).toEqual([['api--pr-7', true]])
})
