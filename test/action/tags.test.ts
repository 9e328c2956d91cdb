import { describe, expect, test } from 'vitest'
import type { RunContext } from '../../action/context.ts'
import { defaultLabels, defaultTags, mergeLabels, sanitiseTag } from '../../action/tags.ts'
import { contextOf } from './context-of.ts'

describe('default tags', () => {
  test.each<[string, Partial<RunContext>, string[]]>([
    ['the default branch is latest too', {}, ['sha-0123456', 'main', 'latest']],
    ['another branch is not', { ref: 'refs/heads/topic' }, ['sha-0123456', 'topic']],
    [
      'slashes of a branch become hyphens',
      { ref: 'refs/heads/feat/über#1' },
      ['sha-0123456', 'feat-ber-1'],
    ],
    ['a git tag comes first', { ref: 'refs/tags/v1.4.2' }, ['v1.4.2', 'sha-0123456']],
    [
      'a pull request is pr-N',
      { eventName: 'pull_request', ref: 'refs/pull/7/merge', pullRequest: 7 },
      ['sha-0123456', 'pr-7'],
    ],
    [
      'a pull_request_target says nothing of the base branch',
      { eventName: 'pull_request_target', ref: 'refs/heads/main', pullRequest: 7 },
      ['pr-7'],
    ],
    [
      'without a known default branch nothing is latest',
      { defaultBranch: '' },
      ['sha-0123456', 'main'],
    ],
    ['outside of GitHub there is only latest', { ref: '', sha: '', defaultBranch: '' }, ['latest']],
  ])('%s', (_, overrides, tags) => {
    expect(defaultTags(contextOf(overrides))).toEqual(tags)
  })
})

test.each([
  ['feature/login', 'feature-login'],
  ['.hidden', 'hidden'],
  ['-x', 'x'],
  ['_x', '_x'],
  ['дом', ''],
  ['v1+build.5', 'v1-build.5'],
  ['a'.repeat(200), 'a'.repeat(128)],
])('the tag of %s is %s', (name, tag) => {
  expect(sanitiseTag(name)).toBe(tag)
})

test('labels say where the image comes from', () => {
  const run = contextOf({ description: 'Says hello, twice', license: 'MIT' })
  expect(defaultLabels(run, new Date('2026-01-02T03:04:05Z'))).toEqual([
    'org.opencontainers.image.created=2026-01-02T03:04:05.000Z',
    'org.opencontainers.image.description=Says hello, twice',
    'org.opencontainers.image.licenses=MIT',
    'org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567',
    'org.opencontainers.image.source=https://github.com/Acme/Hello',
    'org.opencontainers.image.title=Hello',
    'org.opencontainers.image.url=https://github.com/Acme/Hello',
    'org.opencontainers.image.version=main',
  ])
})

test('a label of the workflow wins over the default of the same key', () => {
  expect(mergeLabels(['a=1', 'b=2'], ['b=x=y', 'c'])).toEqual(['a=1', 'b=x=y', 'c'])
})
