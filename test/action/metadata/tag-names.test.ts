import { describe, expect, test } from 'vitest'
import type { RunContext } from '../../../action/context.ts'
import { parseLines } from '../../../action/lists.ts'
import { parseFlavor } from '../../../action/metadata/flavor.ts'
import { readTags } from '../../../action/metadata/read-tags.ts'
import { defaultTagNames, tagNames } from '../../../action/metadata/tag-names.ts'
import { namingOf } from './naming-of.ts'

// what docker/metadata-action has cases for is in agreement.test.ts

const flavorOf = (lines: readonly string[]) => parseFlavor(parseLines(lines.join('\n'), 'flavor'))
const rulesOf = (lines: readonly string[]) => readTags(parseLines(lines.join('\n'), 'tags'))
const tags = async (lines: string[], run: Partial<RunContext> = {}, flavor: string[] = []) =>
  tagNames(rulesOf(lines).tagRules, flavorOf(flavor), await namingOf(run))
const onTag = (tag: string): Partial<RunContext> => ({ ref: `refs/tags/${tag}` })
const onBranch = (branch: string): Partial<RunContext> => ({ ref: `refs/heads/${branch}` })

describe('rules give', () => {
  test.for<[string, Partial<RunContext>, string[]]>([
    ['type=semver,pattern={{version}}', onTag('1.2.3+build.7'), ['1.2.3', 'latest']],
    ['type=semver,pattern={{version}},match=(\\d+)$', onTag('1.0'), []],
    ['type=semver,pattern={{version}},match=\\d.\\d.\\d', onTag('v/1.2.3'), ['1.2.3', 'latest']],
    ['type=match,pattern=app/v(.*),group=1', onTag('app/v1.2.3'), ['1.2.3', 'latest']],
    ['type=match,pattern=.*', onTag('app/v1.2.3'), ['app-v1.2.3', 'latest']],
    ['type=match,pattern=/rc(\\d)/i,group=1', onTag('20200110-RC2'), ['2', 'latest']],
    ['type=match,pattern=/\\d+/g,group=1', onTag('7-8'), ['8', 'latest']],
    ['type=match,pattern=v(.*),group=4', onTag('v1'), []],
    ['pattern={{version}},priority=5,type=semver', onTag('v1.2.3'), ['1.2.3', 'latest']],
    ['value=a,type=raw', {}, ['a']],
    ['"type=raw,""value=a, b"""', {}, ['a-b']],
    ['type=raw,"value=a, b"', {}, ['a-b']],
    ['{{branch}}-x,enable={{is_default_branch}}', {}, ['main-x']],
    ['type=raw,value=a,constructor=b', {}, ['a']],
    ['type=raw,value=', {}, []],
    ['type=raw,value={{branch}}', onBranch('a&b=c'), ['a-b-c']],
    ['type=raw,value={{#if tag}}{{tag}}{{else}}none{{/if}}', {}, ['none']],
    ["type=raw,value={{date 'DDDD-ww-Q-SSS-ZZ'}}", {}, ['034-06-1-000--0000']],
    ['type=raw,value={{date}}', {}, ['2026-02-03T22-05-06Z']],
    [
      "type=raw,value={{commit_date 'YYYYMMDD'}}",
      { committedAt: new Date('2025-12-31T23:00:00Z') },
      ['20251231'],
    ],
    ['type=edge', { payload: { pull_request: { number: 7 } } }, []],
  ])('%s', async ([rule, run, expected]) => {
    expect(await tags([rule], run)).toEqual(expected)
  })

  test('short hashes as long as DOCKER_METADATA_SHORT_SHA_LENGTH says', async () => {
    const naming = await namingOf({}, { DOCKER_METADATA_SHORT_SHA_LENGTH: '12' })
    const { tagRules } = rulesOf(['type=sha', 'type=raw,value={{sha}}'])
    expect(tagNames(tagRules, flavorOf([]), naming)).toEqual(['0123456789ab', 'sha-0123456789ab'])
    await expect(namingOf({}, { DOCKER_METADATA_SHORT_SHA_LENGTH: 'long' })).rejects.toThrow(
      'DOCKER_METADATA_SHORT_SHA_LENGTH: "long"',
    )
  })

  test('latest with the flavor, expressions filled in', async () => {
    const flavor = ['latest=true,prefix={{branch}}-,onlatest=true', 'suffix=-b']
    expect(await tags(['x'], {}, flavor)).toEqual(['main-x-b', 'main-latest'])
  })
})

describe('a tag that is too long', () => {
  const long = 'feature/'.repeat(40)
  test.for<[string, Partial<RunContext>, RegExp]>([
    ['type=ref,event=branch,suffix=-{{sha}}', onBranch(long), /^(feature-)+.*-0123456$/],
    ['type=ref,event=branch,prefix=pre-', onBranch(long), /^pre-feature-/],
    ['type=raw,value={{branch}}-{{sha}}', onBranch(long), /^feature-.*-0123456$/],
    ['type=sha,prefix={{branch}}-', onBranch(long), /^feature-.*-0123456$/],
    [
      'type=edge,branch=' + long + ',suffix=-{{branch}}-{{sha}}',
      onBranch(long),
      /^edge-.*-0123456$/,
    ],
    [`type=raw,value=${'x'.repeat(200)},suffix=-{{sha}}`, {}, /^x+-0123456$/],
    ['type=match,pattern=.*,suffix=-{{sha}}', onTag('v'.repeat(200)), /^v+-0123456$/],
    ['type=ref,event=branch', onBranch('x'.repeat(300)), /^x+$/],
  ])('is cut in its name, not in what tells commits apart: %s', async ([rule, run, form]) => {
    const [tag = ''] = await tags([rule], run, ['latest=false'])
    expect(tag).toMatch(form)
    expect(tag.length).toBeLessThanOrEqual(128)
    expect(tag.length).toBeGreaterThan(110)
  })
})

describe('what no registry takes is mended', () => {
  test.for<[string, string]>([
    ['-lead', 'lead'],
    ['.lead', 'lead'],
    ['_x', '_x'],
    ['feat/ünicode & more', 'feat-nicode-more'],
  ])('%s', async ([branch, tag]) => {
    expect(await tags(['type=ref,event=branch'], onBranch(branch))).toEqual([tag])
  })
})

describe('a build that names no tags', () => {
  const pull = { number: 7, head: { sha: 'f'.repeat(40) }, base: { ref: 'main' } }
  const asTarget = { eventName: 'pull_request_target', payload: { pull_request: pull } }
  const ended = { event: 'pull_request', head_sha: 'e'.repeat(40), head_branch: 'main' }
  test.for<[string, Partial<RunContext>, string[], string[]]>([
    ['of the default branch is latest too', {}, [], ['sha-0123456', 'main', 'latest']],
    ['of another branch is not', onBranch('topic'), [], ['sha-0123456', 'topic']],
    ['of a git tag is that first', onTag('v1.4.2'), [], ['v1.4.2', 'sha-0123456']],
    ['of a pull request is pr-N', { ref: 'refs/pull/7/merge' }, [], ['sha-0123456', 'pr-7']],
    ['of a pull_request_target says nothing of its base branch', asTarget, [], ['pr-7']],
    [
      'after another workflow of a fork is called after the commit that it ran for',
      { eventName: 'workflow_run', payload: { workflow_run: ended } },
      [],
      ['sha-eeeeeee'],
    ],
    [
      'has no latest without a known default branch',
      { defaultBranch: '' },
      [],
      ['sha-0123456', 'main'],
    ],
    ['outside of GitHub is latest', { ref: '', sha: '', defaultBranch: '' }, [], ['latest']],
    [
      'has the flavor',
      {},
      ['prefix=a-', 'suffix=-b,onlatest=true'],
      ['sha-0123456-b', 'a-main-b', 'latest-b'],
    ],
    ['is not latest when the flavor says so', {}, ['latest=false'], ['sha-0123456', 'main']],
    [
      'is latest when the flavor says so',
      onBranch('x'),
      ['latest=true'],
      ['sha-0123456', 'x', 'latest'],
    ],
  ])('%s', async ([, run, flavor, expected]) => {
    expect(defaultTagNames(flavorOf(flavor), await namingOf(run))).toEqual(expected)
  })
})

describe('what cannot be understood is an error that says what can', () => {
  test.for([
    ['type=banana', 'has the type "banana"'],
    ['type=raw,valeu=a', 'has no value'],
    ['type=semver', 'has no pattern'],
    ['type=ref,event=push', 'has event=push'],
    ['type=sha,format=full', 'has format=full'],
    ['type=match,pattern=v(.*),group=one', 'has group=one'],
    ['type=raw,value=a,enable=maybe', 'enable=maybe is not a boolean'],
    ['type=raw,value=a,priority=high', 'has priority=high'],
    ['type=raw,value={{banana}}', '{{banana}} is not known here'],
    ['type=raw,value={{branch}', 'Parse error'],
    ["type=raw,value={{date 'YYYY' tz='Mars/Base'}}", 'there is no time zone "Mars/Base"'],
    ["type=raw,value={{date 'YYYY' zone='UTC'}}", 'a date has no attribute "zone"'],
    ['type=match,pattern=(', 'is not a regular expression'],
  ] as const)('%s', async ([rule, message]) => {
    await expect(tags([rule], onTag('v1'))).rejects.toThrow(message)
  })
  test.for([
    ['latests=true', 'input flavor: "latests=true"'],
    ['latest=maybe', 'input flavor: "latest=maybe"'],
    ['prefix=a,onlatest=yes', 'input flavor: "prefix=a,onlatest=yes"'],
  ] as const)('%s', ([line, message]) => {
    expect(() => flavorOf([line])).toThrow(message)
  })
})

test('a line of tags is references, bare tags, or a rule', () => {
  const { tags: references, tagRules } = rulesOf([
    '# all of them',
    'latest,ghcr.io/acme/other:1, edge',
    'localhost:5000/x/y',
    "{{date 'HH:mm'}}",
    'type=sha',
  ])
  expect(references).toEqual(['ghcr.io/acme/other:1', 'localhost:5000/x/y'])
  expect(tagRules.map(({ type, attributes }) => attributes['value'] ?? type)).toEqual([
    'latest',
    'edge',
    "{{date 'HH:mm'}}",
    'sha',
  ])
})
