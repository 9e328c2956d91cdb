import { describe, expect, test } from 'vitest'
import type { EventPayload, RunContext } from '../../../action/context.ts'
import { builtBy } from '../../../action/metadata/built.ts'
import { nameBuild } from '../../../action/metadata/naming.ts'
import { contextOf } from '../context-of.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const HEAD = 'f'.repeat(40)
const run = (eventName: string, payload: EventPayload, more: Partial<RunContext> = {}) =>
  contextOf({ eventName, payload, ...more })
const pull = { number: 7, head: { sha: HEAD }, base: { ref: 'main' } }
const ended = (more: object): EventPayload => ({
  workflow_run: {
    event: 'push',
    head_branch: 'main',
    head_sha: HEAD,
    head_repository: { full_name: 'Acme/Hello' },
    ...more,
  },
})

describe('what runs on the default branch and speaks of another commit is not called after it', () => {
  const fork = { head_repository: { full_name: 'mallory/Hello' } }
  test.for<[string, EventPayload, string, string]>([
    ['pull_request_target', { pull_request: pull }, 'refs/pull/7/merge', HEAD],
    ['issue_comment', { issue: { number: 7, pull_request: {} } }, 'refs/pull/7/merge', ''],
    ['repository_dispatch', { client_payload: { pull_request: pull } }, 'refs/pull/7/merge', HEAD],
    ['workflow_run', ended({ event: 'pull_request', ...fork }), '', HEAD],
    ['workflow_run', ended({ event: 'pull_request_target' }), '', HEAD],
    ['workflow_run', ended(fork), '', HEAD],
    ['workflow_run', ended({ head_repository: null }), '', HEAD],
    [
      'workflow_run',
      ended({ event: 'pull_request', pull_requests: [{ number: 8 }] }),
      'refs/pull/8/merge',
      HEAD,
    ],
    ['workflow_run', ended({ head_branch: 'topic' }), 'refs/heads/topic', HEAD],
    ['check_run', { check_run: { head_sha: HEAD } }, '', HEAD],
    ['check_suite', { check_suite: { head_sha: HEAD } }, '', HEAD],
    ['status', { sha: HEAD }, '', HEAD],
    // closed without a merge
    ['pull_request', { pull_request: { ...pull, merged: false } }, 'refs/pull/7/merge', HEAD],
  ])('%s', ([eventName, payload, ref, sha]) => {
    expect(builtBy(run(eventName, payload))).toEqual({ ref, sha, isOwn: false })
  })
})

describe('what builds the run’s own commit is called after the run’s ref', () => {
  test.for<[string, EventPayload]>([
    ['push', {}],
    ['schedule', {}],
    ['workflow_dispatch', {}],
    ['issues', { issue: { number: 7 } }],
    ['issue_comment', { issue: { number: 7 } }],
    ['discussion', {}],
    ['workflow_run', ended({})],
    ['workflow_run', ended({ event: 'schedule' })],
    ['check_suite', { check_suite: { head_sha: SHA } }],
    // these tell of the run that made them, or that there was none
    ['deployment', { workflow_run: null } as unknown as EventPayload],
    ['deployment_status', { ...ended({}), check_run: { head_sha: HEAD } }],
    ['pull_request', { pull_request: { ...pull, merged: true, merge_commit_sha: SHA } }],
    ['repository_dispatch', { client_payload: null }],
  ])('%s', ([eventName, payload]) => {
    expect(builtBy(run(eventName, payload))).toEqual({
      ref: 'refs/heads/main',
      sha: SHA,
      isOwn: true,
    })
  })

  test('a branch that was just made is not the default branch', () => {
    const created = run('create', {}, { ref: 'refs/heads/topic' })
    expect(builtBy(created)).toMatchObject({ ref: 'refs/heads/topic' })
  })
})

describe('tag-context: git', () => {
  const named = (given: RunContext, checkout: { ref: string; sha: string }) =>
    nameBuild({ tagContext: 'git', needsCommitDate: false }, given, {
      env: {},
      now: new Date(),
      readCheckout: () => Promise.resolve(checkout),
      readCommitDate: () => Promise.resolve(undefined),
    })

  test('names what is checked out', async () => {
    const checkout = { ref: 'refs/tags/v1', sha: HEAD }
    expect(await named(run('push', {}), checkout)).toMatchObject({ ...checkout, isOwn: true })
  })

  test('believes a fork’s own main no more than the event', async () => {
    const target = run('pull_request_target', { pull_request: pull })
    const main = 'refs/heads/main'
    expect(await named(target, { ref: main, sha: HEAD })).toMatchObject({
      ref: 'refs/pull/7/merge',
      sha: HEAD,
    })
    expect(await named(target, { ref: main, sha: SHA })).toMatchObject({ ref: main, sha: SHA })
  })
})

test('{{base_ref}} is the branch that a pull request goes to, or that a tag was made from', async () => {
  const base = async (given: RunContext) =>
    (
      await nameBuild({ tagContext: 'workflow', needsCommitDate: false }, given, {
        env: {},
        now: new Date(),
        readCheckout: () => Promise.reject(new Error()),
        readCommitDate: () => Promise.resolve(undefined),
      })
    ).baseRef
  expect(await base(run('pull_request_target', { pull_request: pull }))).toBe('main')
  expect(await base(run('push', { base_ref: 'refs/heads/main' }, { ref: 'refs/tags/v1' }))).toBe(
    'main',
  )
  expect(await base(run('push', { base_ref: 'refs/heads/main' }))).toBe('')
})
