import { describe, expect, test } from 'vitest'
import { parseFlavor } from '../../action/flavor.ts'
import { isRule, tagsOfRules } from '../../action/tag-rules.ts'
import type { RunContext } from '../../action/context.ts'
import { contextOf } from './context-of.ts'

const NOW = new Date('2026-02-03T22:05:06Z')
const tags = (rules: string[], run: Partial<RunContext> = {}, flavor: string[] = []) =>
  tagsOfRules(rules, parseFlavor(flavor), contextOf(run), NOW)
const onTag = (tag: string): Partial<RunContext> => ({ ref: `refs/tags/${tag}` })
const PULL: Partial<RunContext> = {
  ref: 'refs/pull/2/merge',
  eventName: 'pull_request',
  pullRequest: 2,
}
const SCHEDULED: Partial<RunContext> = { eventName: 'schedule' }

// the tables of docker/metadata-action's README
describe('type=schedule', () => {
  test.for([
    ['type=schedule', 'nightly'],
    ['type=schedule,pattern=weekly', 'weekly'],
    ["type=schedule,pattern={{date 'YYYYMMDD'}}", '20260203'],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", '20260204-070506'],
  ] as const)('%s gives %s', ([rule, tag]) => {
    expect(tags([rule], SCHEDULED)).toEqual([tag])
    expect(tags([rule])).toEqual([])
  })
})

describe('type=semver', () => {
  test.for([
    ['v1.2.3', '{{raw}}', ['v1.2.3', 'latest']],
    ['v1.2.3', '{{version}}', ['1.2.3', 'latest']],
    ['v1.2.3', '{{major}}.{{minor}}', ['1.2', 'latest']],
    ['v1.2.3', 'v{{major}}', ['v1', 'latest']],
    ['v1.2.3', '{{minor}}', ['2', 'latest']],
    ['v1.2.3', '{{patch}}', ['3', 'latest']],
    ['1.2.3+build.7', '{{version}}', ['1.2.3', 'latest']],
    ['v2.0.8-beta.67', '{{raw}}', ['v2.0.8-beta.67']],
    ['v2.0.8-beta.67', '{{version}}', ['2.0.8-beta.67']],
    ['v2.0.8-beta.67', '{{major}}', ['2.0.8-beta.67']],
    ['v2.0.8-beta.67', '{{major}}.{{minor}}', ['2.0.8-beta.67']],
    ['not-a-version', '{{version}}', []],
  ] as const)('%s, pattern=%s', ([tag, pattern, expected]) => {
    expect(tags([`type=semver,pattern=${pattern}`], onTag(tag))).toEqual(expected)
  })
  test('takes a value in place of the git tag', () => {
    expect(tags(['type=semver,pattern={{version}},value=v1.0.0'])).toEqual(['1.0.0', 'latest'])
    expect(tags(['type=semver,pattern={{version}}'])).toEqual([])
  })
})

describe('type=match', () => {
  test.for([
    ['v1.2.3', 'type=match,pattern=v(.*),group=1', ['1.2.3', 'latest']],
    ['v1.2.3', 'type=match,pattern=\\d.\\d', ['1.2', 'latest']],
    ['v2.0.8-beta.67', 'type=match,pattern=v(.*),group=1', ['2.0.8-beta.67', 'latest']],
    ['20200110-RC2', 'type=match,pattern=\\d+', ['20200110', 'latest']],
    ['20200110-RC2', 'type=match,pattern=/rc(\\d)/i,group=1', ['2', 'latest']],
    ['p1/v1.2.3', 'type=match,pattern=p1-v(\\d.\\d.\\d),group=1', ['1.2.3', 'latest']],
    ['v1.2.3', 'type=match,pattern=x(.*)', []],
    ['v1.2.3', 'type=match,pattern=v(.*),group=4', []],
  ] as const)('%s, %s', ([tag, rule, expected]) => {
    expect(tags([rule], onTag(tag))).toEqual(expected)
  })
})

describe('type=ref, edge, raw and sha', () => {
  test.for<[string, Partial<RunContext>, string[]]>([
    ['type=ref,event=branch', {}, ['main']],
    ['type=ref,event=branch', { ref: 'refs/heads/my/branch' }, ['my-branch']],
    ['type=ref,event=branch', onTag('v1'), []],
    ['type=ref,event=branch', PULL, []],
    ['type=ref,event=tag', onTag('v1.2.3'), ['v1.2.3', 'latest']],
    ['type=ref,event=tag', {}, []],
    ['type=ref,event=pr', PULL, ['pr-2']],
    ['type=ref,event=pr,prefix=', PULL, ['2']],
    ['type=ref,event=pr', {}, []],
    ['type=edge', {}, ['edge']],
    ['type=edge,branch=dev', {}, []],
    ['type=edge,branch=dev', { ref: 'refs/heads/dev' }, ['edge']],
    ['type=raw,value=mytag', {}, ['mytag']],
    ['type=raw,value={{branch}}-{{sha}}', {}, ['main-0123456']],
    ['type=raw,value={{base_ref}}', { ...PULL, baseRef: 'main' }, ['main']],
    [
      "type=raw,value={{commit_date 'YYYYMMDD'}}",
      { committedAt: new Date('2025-12-31T23:00:00Z') },
      ['20251231'],
    ],
    ['type=raw,"value=a, b"', {}, ['a-b']],
    ['type=raw,value=latest,enable={{is_default_branch}}', {}, ['latest']],
    ['type=raw,value=latest,enable={{is_default_branch}}', { ref: 'refs/heads/dev' }, []],
    ['type=raw,value=dev,enable={{is_not_default_branch}}', { ref: 'refs/heads/dev' }, ['dev']],
    ['type=raw,value=x,enable=false', {}, []],
    ['type=sha', {}, ['sha-0123456']],
    ['type=sha,prefix=', {}, ['0123456']],
    ['type=sha,format=long,prefix=git-', {}, ['git-0123456789abcdef0123456789abcdef01234567']],
  ])('%s', ([rule, run, expected]) => {
    expect(tags([rule], run)).toEqual(expected)
  })
})

describe('flavor and priority', () => {
  const RULES = ['type=sha', 'type=ref,event=tag', 'type=semver,pattern={{version}}']

  test('the highest priority comes first, and decides about latest', () => {
    expect(tags(RULES, onTag('v1.0.0'))).toEqual(['1.0.0', 'v1.0.0', 'sha-0123456', 'latest'])
    expect(tags(['type=raw,value=a', 'type=sha,priority=1000'])).toEqual(['sha-0123456', 'a'])
  })

  test.for<[string[], string[]]>([
    [['latest=false'], ['1.0.0', 'v1.0.0', 'sha-0123456']],
    [['latest=auto'], ['1.0.0', 'v1.0.0', 'sha-0123456', 'latest']],
    [['prefix=a-'], ['a-1.0.0', 'a-v1.0.0', 'sha-0123456', 'latest']],
    [
      ['prefix=a-,onlatest=true', 'suffix=-b'],
      ['a-1.0.0-b', 'a-v1.0.0-b', 'sha-0123456-b', 'a-latest'],
    ],
    [['suffix=-{{branch}}x,onlatest=false'], ['1.0.0-x', 'v1.0.0-x', 'sha-0123456-x', 'latest']],
  ])('%s', ([flavor, expected]) => {
    expect(tags(RULES, onTag('v1.0.0'), flavor)).toEqual(expected)
  })

  test('latest=true is for every tag', () => {
    expect(tags(['type=ref,event=branch'], {}, ['latest=true'])).toEqual(['main', 'latest'])
  })
})

describe('what no registry takes is mended', () => {
  test.for<[string, string]>([
    ['-lead', 'lead'],
    ['.lead', 'lead'],
    ['feat/ünicode & more', 'feat-nicode-more'],
    ['x'.repeat(300), 'x'.repeat(128)],
  ])('%s', ([branch, tag]) => {
    expect(tags(['type=ref,event=branch'], { ref: `refs/heads/${branch}` })).toEqual([tag])
  })
})

describe('what cannot be understood is an error that says what can', () => {
  test.for([
    ['type=banana', 'has the type "banana"'],
    ['type=pep440,pattern={{version}}', 'has the type "pep440"'],
    ['type=raw,valeu=a', 'has the attribute "valeu"'],
    ['type=semver', 'has no pattern'],
    ['type=ref,event=push', 'has the event "push"'],
    ['type=raw,value=a,enable=maybe', 'enable=maybe is not a boolean'],
    ['type=raw,value=a,priority=high', 'priority=high is not a number'],
    ['type=raw,value={{banana}}', '{{banana}} is not known here'],
    ["type=raw,value={{date 'YYYY' tz='Mars/Base'}}", 'there is no time zone "Mars/Base"'],
  ] as const)('%s', ([rule, message]) => {
    expect(() => tags([rule], onTag('v1'))).toThrow(message)
  })
  test('a regular expression that is none', () => {
    expect(() => tags(['type=match,pattern=('], onTag('v1'))).toThrow('is not a regular expression')
  })
  test('a flavor that is none', () => {
    expect(() => parseFlavor(['latests=true'])).toThrow('"latests=true" is not one of its lines')
  })
})

test('a line is a rule when it begins with a type', () => {
  expect(['type=sha', 'latest', 'ghcr.io/a/b:type=c'].map(isRule)).toEqual([true, false, false])
})
