import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { HookBody } from '../../protocol/hook.ts'
import { runAction } from '../support/github-runner.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'
import { startGithub } from './small-github.ts'

const digest = `sha256:${'a'.repeat(64)}`
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const HEAD = 'f'.repeat(40)
const PREVIEW_URL = 'https://hello--pr-42.preview.test'
const succeeded = deploymentOf({
  app: 'hello--pr-42',
  status: 'succeeded',
  image: { repository: 'ghcr.io/acme/hello', digest },
  url: PREVIEW_URL,
})

/** Stands in for a receiver with previews of `hello`; what it answers can be set. */
async function startReceiver() {
  let answer: { status: number; body: unknown } = { status: 202, body: { deployment: succeeded } }
  let live = false
  const base = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      if (v.parse(HookBody, JSON.parse(text)).remove !== true) {
        live = answer.status === 202
        return answerJson(response, answer.status, answer.body)
      }
      const result = live ? 'removed' : 'ignored'
      answerJson(response, live ? 202 : 200, { result, detail: 'hello--pr-42' })
      live = false
    })
  })
  return {
    url: `${base}/hooks/hello`,
    answers(status: number, body: { deployment: Deployment } | Record<string, unknown>) {
      answer = { status, body }
    },
  }
}

/** A job of `pull_request` 42. */
const run = (
  action: string,
  { url, api, inputs }: { url: string; api: string; inputs?: Record<string, string> },
) =>
  runAction({
    event: {
      action,
      repository: { full_name: 'acme/hello', default_branch: 'main' },
      pull_request: { number: 42, head: { sha: HEAD, repo: { full_name: 'acme/hello' } } },
    },
    inputs: {
      url,
      preview: 'true',
      secret: SECRET,
      build: 'false',
      image: `ghcr.io/acme/hello@${digest}`,
      ...inputs,
    },
    env: {
      GITHUB_API_URL: api,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: action === 'closed' ? 'refs/heads/main' : 'refs/pull/42/merge',
    },
    post: false,
  })
const REPO = '/repos/acme/hello'

test('a preview has an environment of its own, which goes with it', async () => {
  const { url } = await startReceiver()
  const { api, heard, deployments } = await startGithub({ refuses: [`DELETE ${REPO}/env`] })
  const job = { url, api, inputs: { environment: 'preview' } }
  const opened = await run('opened', job)
  expect(opened).toMatchObject({
    exitCode: 0,
    annotations: [],
    outputs: { 'environment-url': PREVIEW_URL },
  })
  expect(heard.splice(0)).toMatchObject([
    {
      asked: `POST ${REPO}/deployments`,
      body: {
        ref: HEAD,
        environment: 'preview/pr-42',
        transient_environment: true,
        production_environment: false,
      },
    },
    { body: { state: 'in_progress' } },
    {
      asked: `POST ${REPO}/deployments/41/statuses`,
      body: { state: 'success', environment_url: PREVIEW_URL },
    },
  ])
  const closed = await run('closed', job)
  expect(closed).toMatchObject({ exitCode: 0, annotations: [], outputs: { status: 'removed' } })
  expect(heard).toMatchObject([
    { asked: `GET ${REPO}/deployments?environment=preview%2Fpr-42&per_page=100` },
    { asked: `POST ${REPO}/deployments/41/statuses`, body: { state: 'inactive' } },
    { asked: `DELETE ${REPO}/deployments/41` },
    { asked: `DELETE ${REPO}/environments/preview%2Fpr-42` },
  ])
  expect([...deployments]).toEqual([])
})
