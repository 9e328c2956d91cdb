import { readContext } from '../../action/context.ts'
import type { RunContext } from '../../action/context.ts'

/** A push to main of acme/hello, with some of it replaced. */
export const contextOf = (overrides: Partial<RunContext> = {}): RunContext => ({
  ...readContext({
    GITHUB_REPOSITORY: 'Acme/Hello',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_ACTOR: 'octocat',
    GITHUB_RUN_ID: '77',
    GITHUB_RUN_ATTEMPT: '2',
  }),
  defaultBranch: 'main',
  ...overrides,
})
