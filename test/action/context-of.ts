import { readContext } from '../../action/context.ts'
import type { GithubContext, RunContext } from '../../action/context.ts'

/** A push to main of Acme/Hello as the toolkit tells it, with some of it replaced. */
export const githubOf = (overrides: Partial<GithubContext> = {}): GithubContext => ({
  payload: {},
  eventName: 'push',
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/main',
  workflow: 'deploy',
  action: '__run',
  actor: 'octocat',
  job: 'deploy',
  runAttempt: 2,
  runNumber: 1,
  runId: 77,
  apiUrl: 'https://api.github.com',
  serverUrl: 'https://github.com',
  graphqlUrl: 'https://api.github.com/graphql',
  repo: { owner: 'Acme', repo: 'Hello' },
  ...overrides,
})

/** A push to main of acme/hello, with some of it replaced. */
export const contextOf = (overrides: Partial<RunContext> = {}): RunContext => ({
  ...readContext(githubOf(), {}),
  defaultBranch: 'main',
  ...overrides,
})
