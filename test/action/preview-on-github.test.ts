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
  let refusal: { status: number; body: unknown } | undefined
  let live = false
  const base = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      if (v.parse(HookBody, JSON.parse(text)).remove !== true) {
        live = answer.status === 202
        return answerJson(response, answer.status, answer.body)
      }
      if (refusal !== undefined) return answerJson(response, refusal.status, refusal.body)
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
    answersRemoval(status: number, body: Record<string, unknown>) {
      refusal = { status, body }
    },
  }
}

/** A job of `pull_request` 42. */
const run = (
  action: string,
  { url, api, inputs, ...more }: { url: string; api: string } & Parameters<typeof runAction>[0],
) =>
  runAction({
    ...more,
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
  const ofDeployments = () => heard.splice(0).filter(({ asked }) => !asked.includes('/comments'))
  const list = `GET ${REPO}/deployments?environment=preview%2Fpr-42&task=deploy%3Ahello&per_page=100`
  const opened = await run('opened', job)
  expect(opened).toMatchObject({
    exitCode: 0,
    annotations: [],
    outputs: { 'environment-url': PREVIEW_URL },
  })
  expect(ofDeployments()).toMatchObject([
    {
      asked: `POST ${REPO}/deployments`,
      body: {
        ref: HEAD,
        environment: 'preview/pr-42',
        task: 'deploy:hello',
        transient_environment: true,
        production_environment: false,
      },
    },
    { body: { state: 'in_progress' } },
    {
      asked: `POST ${REPO}/deployments/41/statuses`,
      body: { state: 'success', environment_url: PREVIEW_URL },
    },
    { asked: list },
  ])

  // GitHub ends none of such an environment itself
  await run('synchronize', job)
  const [second = 0] = [...deployments]
  expect(ofDeployments().slice(3)).toMatchObject([
    { asked: list },
    { asked: `POST ${REPO}/deployments/41/statuses`, body: { state: 'inactive' } },
    { asked: `DELETE ${REPO}/deployments/41` },
  ])
  expect(deployments.size).toBe(1)

  const closed = await run('closed', job)
  expect(closed).toMatchObject({ exitCode: 0, annotations: [], outputs: { status: 'removed' } })
  expect(ofDeployments()).toMatchObject([
    { asked: list },
    { asked: `POST ${REPO}/deployments/${second}/statuses`, body: { state: 'inactive' } },
    { asked: `DELETE ${REPO}/deployments/${second}` },
    { asked: `DELETE ${REPO}/environments/preview%2Fpr-42` },
  ])
  expect([...deployments]).toEqual([])
})

test('a pull request has one comment, which says what became of its preview each time', async () => {
  const receiver = await startReceiver()
  const github = await startGithub()
  const { heard, comments } = github
  const marker = /^<!-- deploy-action: preview hello--pr-42 at [0-9a-f]{16} -->\n/
  const said = async (action: string) => {
    heard.splice(0)
    const { exitCode, annotations } = await run(action, { ...receiver, ...github })
    return { exitCode, annotations, asked: heard.map(({ asked }) => asked) }
  }
  const list = `GET ${REPO}/issues/42/comments`
  const fine = { exitCode: 0, annotations: [] }

  // there was no preview: nothing is to be said of it
  expect(await said('closed')).toEqual({ ...fine, asked: [list] })
  expect(comments).toEqual([])

  for (const id of [1, 2, 3]) comments.push({ id, body: 'Looks good, see <!-- deploy-action:' })
  expect(await said('opened')).toEqual({
    ...fine,
    asked: [list, `${list}?page=2`, `POST ${REPO}/issues/42/comments`],
  })
  expect(comments[3]?.body).toMatch(marker)
  for (const words of ['hello--pr-42: live', `<a href="${PREVIEW_URL}">`, digest, HEAD]) {
    expect(comments[3]?.body).toContain(words)
  }
  expect(comments[3]?.body).toContain('/acme/hello/actions/runs/1000000001/attempts/1')

  const error = { code: 'unhealthy', message: 'said </code><img> @acme/all\n\n# Hello' }
  receiver.answers(202, { deployment: deploymentOf({ status: 'failed', error }) })
  const update = [list, `${list}?page=2`, `PATCH ${REPO}/issues/comments/103`]
  expect(await said('synchronize')).toMatchObject({ exitCode: 1, asked: update })
  expect(comments[3]?.body).toMatch(marker)
  expect(comments[3]?.body).toContain('hello--pr-42: not deployed')
  expect(comments[3]?.body).toMatch(
    /<td><code>.*said &lt;\/code&gt;&lt;img&gt; @acme\/all # Hello.*<\/code><\/td>/,
  )

  receiver.answers(202, { deployment: succeeded })
  expect(await said('reopened')).toEqual({ ...fine, asked: update })
  expect(comments[3]?.body).toContain('hello--pr-42: live')
  expect(await said('closed')).toEqual({ ...fine, asked: update })
  expect(comments[3]?.body).toContain('hello--pr-42: gone')

  // of an older run, which a newer one has overtaken
  receiver.answers(409, { code: 'preview_removed', detail: 'removed by run 2', newer_run: 2 })
  expect(await said('synchronize')).toMatchObject({ exitCode: 1, asked: [] })
  expect(comments[3]?.body).toContain('hello--pr-42: gone')
  expect(comments[3]?.body).not.toContain(PREVIEW_URL)
  expect(comments).toHaveLength(4)

  // by nobody who says so on the pull request
  const detail = 'hello--pr-42 was removed at 2026-01-02, by hand or when its time was over'
  const hint = 'push once more, or have the workflow run again'
  receiver.answers(409, { code: 'preview_removed', detail, hint })
  expect(await said('synchronize')).toMatchObject({ exitCode: 1, asked: update })
  expect(comments[3]?.body).toContain('hello--pr-42: not deployed')
  expect(comments[3]?.body).toContain(`the receiver answered 409: ${detail} ${hint}`)
})

test('that a preview could not be taken away is said where there is a comment, and the job fails', async () => {
  const receiver = await startReceiver()
  const github = await startGithub()
  const closed = () => run('closed', { ...receiver, ...github })
  const detail = 'pr-42 was not deployed by tokens of "x": another pull request\'s is not removed'
  receiver.answersRemoval(403, { code: 'preview_not_allowed', detail })
  expect((await closed()).exitCode).toBe(1)
  expect(github.comments).toEqual([])

  await run('opened', { ...receiver, ...github })
  github.heard.splice(0)
  const { exitCode, annotations } = await closed()
  expect(exitCode).toBe(1)
  expect(annotations).toMatchObject([{ level: 'error' }])
  // what GitHub has of it stays, too
  expect(github.heard.map(({ asked }) => asked)).toEqual([
    `GET ${REPO}/issues/42/comments`,
    `PATCH ${REPO}/issues/comments/100`,
  ])
  expect(github.comments).toMatchObject([
    { body: expect.stringContaining('hello--pr-42: not removed') as string },
  ])
  expect(github.comments[0]?.body).toContain('another pull request')
  expect(github.comments[0]?.body).not.toContain(receiver.url)
})

test('that there are too many previews is said on the pull request and by the job', async () => {
  const receiver = await startReceiver()
  const { api, comments } = await startGithub()
  const detail = 'hello has 10 previews, and previews.max is 10: hello--pr-42 is not made'
  receiver.answers(409, { code: 'too_many_previews', detail, hint: 'close a pull request' })
  const { exitCode, annotations } = await run('opened', { url: receiver.url, api })
  expect(exitCode).toBe(1)
  expect(annotations).toMatchObject([
    { level: 'error', message: expect.stringContaining(detail) as string },
  ])
  expect(comments).toMatchObject([
    {
      body: expect.stringContaining(
        `the receiver answered 409: ${detail} close a pull request`,
      ) as string,
    },
  ])
})

test('without the rights a preview is deployed and taken away all the same', async () => {
  const { url } = await startReceiver()
  const { api } = await startGithub({ refuses: ['GET', 'POST'] })
  const job = { url, api, inputs: { environment: 'preview' } }
  for (const action of ['opened', 'closed']) {
    const { exitCode, annotations } = await run(action, job)
    expect(exitCode).toBe(0)
    expect(annotations.map(({ level }) => level).toSorted()).toEqual(['notice', 'warning'])
    const words = annotations.map(({ message }) => message).join('\n')
    expect(words).toContain('pull-requests: write')
    expect(words).toContain('deployments: write')
  }
})

test('a cancelled job leaves the pull request as it is', async () => {
  const receiver = await startReceiver()
  const { api, heard } = await startGithub()
  receiver.answers(503, {})
  const cancelling = new AbortController()
  const { exitCode } = await run('synchronize', {
    url: receiver.url,
    api,
    signal: cancelling.signal,
    onLine: (line) => line.includes('trying again') && cancelling.abort(),
  })
  expect(exitCode).toBe(1)
  expect(heard).toEqual([])
})
