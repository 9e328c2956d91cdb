import { expect, test } from 'vitest'
import { type GithubContext, readContext } from '../../action/context.ts'
import { runAction } from '../support/github-runner.ts'
import { githubOf } from './context-of.ts'

test('the run is as the toolkit tells it', () => {
  const payload = { repository: { default_branch: 'trunk' }, head_commit: { message: 'Hi\n\nho' } }
  const env = { GITHUB_BASE_REF: 'main', RUNNER_TEMP: '/tmp/runner' }
  expect(readContext(githubOf({ payload } as unknown as GithubContext), env)).toMatchObject({
    repository: 'Acme/Hello',
    runId: '77',
    runAttempt: '2',
    runUrl: 'https://github.com/Acme/Hello/actions/runs/77/attempts/2',
    defaultBranch: 'trunk',
    message: 'Hi',
    baseRef: 'main',
    temporary: '/tmp/runner',
  })
})

test('outside of GitHub everything is empty', () => {
  const github = {
    payload: null,
    runId: NaN,
    runAttempt: NaN,
    apiUrl: 'https://api.github.com',
    serverUrl: 'https://github.com',
    get repo(): never {
      throw new Error('context.repo requires a GITHUB_REPOSITORY')
    },
  } as unknown as GithubContext
  expect(readContext(github, {})).toMatchObject({
    repository: '',
    ref: '',
    sha: '',
    eventName: '',
    runId: '',
    runAttempt: '1',
    runUrl: '',
    message: '',
  })
})

test('a payload that is not JSON is an error that names its file', async () => {
  const { exitCode, annotations } = await runAction({ eventText: '{' })
  expect(exitCode).toBe(1)
  expect(annotations[0]?.message).toMatch(/the event's payload \/.*event\.json cannot be read/)
})
