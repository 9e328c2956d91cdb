import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { readCheckout, readCommitDate } from '../../../action/metadata/checkout.ts'
import { answerJson, serve } from '../loopback.ts'

const GITHUB = {
  repository: 'acme/hello',
  apiUrl: 'http://127.0.0.1:1',
  token: 'ghs_1',
  signal: new AbortController().signal,
}
let folder: string

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_DATE: '2025-12-31T23:00:00Z' },
  }).trim()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkout-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('the checkout says which branch, tag or pull request it is, and when it was committed', async () => {
  git('init', '--initial-branch', 'topic')
  git('commit', '--allow-empty', '--message', 'one')
  const sha = git('rev-parse', 'HEAD')
  expect(await readCheckout(folder)).toEqual({ ref: 'refs/heads/topic', sha })
  const asked = { ...GITHUB, directory: folder, token: '' }
  expect(await readCommitDate(sha, asked)).toEqual(new Date('2025-12-31T23:00:00Z'))

  // as actions/checkout leaves it
  git('checkout', '--detach')
  git('branch', '--delete', '--force', 'topic')
  expect(await readCheckout(folder)).toEqual({ ref: '', sha })
  git('update-ref', 'refs/remotes/origin/feat/x', sha)
  git('update-ref', 'refs/remotes/origin/HEAD', sha)
  expect(await readCheckout(folder)).toMatchObject({ ref: 'refs/heads/feat/x' })
  git('update-ref', 'refs/remotes/pull/7/merge', sha)
  expect(await readCheckout(folder)).toMatchObject({ ref: 'refs/pull/7/merge' })
  git('tag', '--annotate', 'v1.2.3', '--message', 'one')
  expect(await readCheckout(folder)).toMatchObject({ ref: 'refs/tags/v1.2.3' })
})

test('what an event calls a commit is no option of Git', async () => {
  git('init', '--initial-branch', 'main')
  git('commit', '--allow-empty', '--message', 'one')
  await readCommitDate('--output=written', { ...GITHUB, directory: folder, token: '' })
  expect(existsSync(join(folder, 'written'))).toBe(false)
})

test('in a container of a job the checkout belongs to another user, and is read all the same', async () => {
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null')
  onTestFinished(() => void vi.unstubAllEnvs())
  git('init', '--initial-branch', 'main')
  git('commit', '--allow-empty', '--message', 'one')
  const sha = git('rev-parse', 'HEAD')
  for (const path of [folder, join(folder, '.git')]) chownSync(path, 4242, 4242)
  expect(() => git('rev-parse', 'HEAD')).toThrow('dubious ownership')
  expect(await readCheckout(folder)).toEqual({ ref: 'refs/heads/main', sha })
})

test('without a checkout it is an error that says what to add', async () => {
  await expect(readCheckout(folder)).rejects.toThrow(`there is no Git checkout in ${folder}`)
})

test('GitHub is asked for the date of a commit that is not checked out', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`)
    answerJson(response, 200, { commit: { committer: { date: '2025-01-02T03:04:05Z' } } })
  })
  const github = { ...GITHUB, apiUrl: url, directory: folder }
  expect(await readCommitDate('f'.repeat(40), github)).toEqual(new Date('2025-01-02T03:04:05Z'))
  expect(asked).toEqual([`/repos/acme/hello/commits/${'f'.repeat(40)} token ghs_1`])
})
