import { describe, expect, test } from 'vitest'
import { newDeployment, type Request } from '../../../../receiver/core/intake/new-deployment.ts'
import {
  historyIn,
  type Past,
  RequestError,
} from '../../../../receiver/core/intake/rollback-target.ts'
import { APP } from '../../../support/fake-world.ts'

const hex = (digit: string) => `sha256:${digit.repeat(64)}`
const [A, B, C] = [hex('a'), hex('b'), hex('c')]

const past = (id: string, digest: string, more: Partial<Past> = {}): Past => ({
  id,
  action: 'deploy',
  digest,
  succeeded: true,
  ...more,
})

function made(
  request: Request,
  { history = [], live, url }: { history?: Past[]; live?: string; url?: string } = {},
) {
  return newDeployment({
    id: 'dep_9',
    app: APP,
    request,
    source: { sha: 'abc' },
    ...(url === undefined ? {} : { url }),
    now: '2026-01-01T00:00:00.000Z',
    history: () => historyIn(history),
    live: () => live,
  })
}

/** The deployment whose settings a rollback to `to` brings back, or the code of its refusal. */
function foundBy(to: string, history: Past[], live?: string): string {
  try {
    const rollback = made(
      { action: 'rollback', to },
      { history, ...(live === undefined ? {} : { live }) },
    )
    return rollback.settings_of ?? 'none'
  } catch (error) {
    if (error instanceof RequestError) return error.code
    throw error
  }
}

describe('a deployment', () => {
  test.for<[string, Request, object]>([
    ['of nothing in particular follows the tag', { action: 'deploy' }, { tag: 'latest' }],
    ['of a tag takes that tag', { action: 'deploy', tag: 'v2' }, { tag: 'v2' }],
    ['of a digest has no tag', { action: 'deploy', digest: A }, { digest: A }],
    ['of both keeps both', { action: 'deploy', tag: 'v2', digest: A }, { tag: 'v2', digest: A }],
    ['again follows the tag', { action: 'redeploy' }, { tag: 'latest' }],
  ])('%s', ([, request, image]) => {
    expect(made(request)).toStrictEqual({
      id: 'dep_9',
      app: 'api',
      action: request.action,
      status: 'queued',
      image: { repository: APP.image.repository, ...image },
      source: { sha: 'abc' },
      created_at: '2026-01-01T00:00:00.000Z',
      steps: [],
    })
  })

  test('says where users reach the app, when that is known', () => {
    expect(made({ action: 'deploy' }, { url: 'https://api.example' }).url).toBe(
      'https://api.example',
    )
  })
})

describe('a rollback', () => {
  const history = [past('dep_2', B), past('dep_1', A, { tag: 'v1' })]

  test('has the digest, the tag and the settings of what it goes back to', () => {
    expect(made({ action: 'rollback', to: 'previous' }, { history, live: B })).toMatchObject({
      image: { digest: A, tag: 'v1' },
      settings_of: 'dep_1',
    })
  })

  test('leaves the settings when those of the config are asked for', () => {
    const request = { action: 'rollback', to: 'dep_1', currentSettings: true } as const
    const rollback = made(request, { history, live: B })
    expect(rollback.image.digest).toBe(A)
    expect(rollback).not.toHaveProperty('settings_of')
  })

  test('to nothing says what there is to go back from', () => {
    expect(() => made({ action: 'rollback', to: 'previous' })).toThrow(
      'nothing of api was ever live',
    )
    expect(() =>
      made({ action: 'rollback', to: 'previous' }, { history: [past('dep_1', A)], live: A }),
    ).toThrow(`nothing was live before ${A}, which api runs`)
  })
})

describe('previous', () => {
  test.for<[string, Past[], string | undefined, string]>([
    [
      'is what was live before what is live',
      [past('dep_3', C), past('dep_2', B), past('dep_1', A)],
      C,
      'dep_2',
    ],
    [
      'is what was live before also when that was live earlier',
      [past('dep_3', A), past('dep_2', B), past('dep_1', A)],
      A,
      'dep_2',
    ],
    [
      'passes over what failed',
      [past('dep_3', C), past('dep_2', B, { succeeded: false }), past('dep_1', A)],
      C,
      'dep_1',
    ],
    [
      'passes over what is newer than what is live and failed',
      [past('dep_3', C, { succeeded: false }), past('dep_2', B), past('dep_1', A)],
      B,
      'dep_1',
    ],
    [
      'is another digest, not the same one deployed twice',
      [past('dep_3', B), past('dep_2', B), past('dep_1', A)],
      B,
      'dep_1',
    ],
    [
      'is older than what is live, though something newer was live for a while',
      [past('dep_3', C), past('dep_2', B), past('dep_1', A)],
      B,
      'dep_1',
    ],
    [
      'is further back after a rollback, not what that left',
      [
        past('dep_4', B, { action: 'rollback', settingsOf: 'dep_2' }),
        past('dep_3', C),
        past('dep_2', B),
        past('dep_1', A),
      ],
      B,
      'dep_1',
    ],
    [
      'is further back also when the rollback had the current settings',
      [
        past('dep_4', B, { action: 'rollback' }),
        past('dep_3', C),
        past('dep_2', B),
        past('dep_1', A),
      ],
      B,
      'dep_1',
    ],
    [
      'is further back from the release that was named, of one that was live twice',
      [
        past('dep_5', A, { action: 'rollback', settingsOf: 'dep_1' }),
        past('dep_4', C),
        past('dep_3', A),
        past('dep_2', B),
        past('dep_1', A),
      ],
      A,
      'nothing_to_roll_back_to',
    ],
    [
      'is what a rollback had brought, before a new one',
      [
        past('dep_5', C),
        past('dep_4', A, { action: 'rollback', settingsOf: 'dep_1' }),
        past('dep_3', C),
        past('dep_2', B),
        past('dep_1', A),
      ],
      C,
      'dep_4',
    ],
    [
      'is the last good one when what failed had to stay live',
      [past('dep_2', B, { succeeded: false }), past('dep_1', A)],
      B,
      'dep_1',
    ],
    ['is the newest that was live when nothing is', [past('dep_1', A)], undefined, 'dep_1'],
    ['is nothing when only one was ever live', [past('dep_1', A)], A, 'nothing_to_roll_back_to'],
    [
      'is nothing when all others failed',
      [past('dep_2', B), past('dep_1', A, { succeeded: false })],
      B,
      'nothing_to_roll_back_to',
    ],
    ['is nothing without a history', [], undefined, 'nothing_to_roll_back_to'],
  ])('%s', ([, history, live, expected]) => {
    expect(foundBy('previous', history, live)).toBe(expected)
  })
})

describe('what a rollback names', () => {
  const near = `sha256:${'a'.repeat(12)}${'0'.repeat(52)}`
  const history = [
    past('dep_4', C, { succeeded: false }),
    past('dep_3', B, { tag: '1.1' }),
    past('dep_2', A, { tag: 'b'.repeat(12) }),
    past('dep_1', B, { tag: 'latest' }),
    past('dep_0', A, { tag: 'latest' }),
    past('dep_a', A, { tag: 'deadbeef' }),
    past('dep_b', C, { tag: '2.0', succeeded: false }),
  ]

  test.for<[string, string, string]>([
    ['may be a deployment', 'dep_1', 'dep_1'],
    ['may be a whole digest: the newest deployment of it', B, 'dep_3'],
    ['may be a digest without its prefix', 'b'.repeat(64), 'dep_3'],
    ['may be the first 12 digits', 'b'.repeat(12), 'dep_3'],
    ['may be the first digits with the prefix', `sha256:${'a'.repeat(20)}`, 'dep_2'],
    ['may be what is live', A, 'dep_2'],
    ['may not be a digest that was never live', C, 'nothing_to_roll_back_to'],
    ['may not be a digest of which nothing is known', hex('d'), 'nothing_to_roll_back_to'],
    ['may not be a deployment that failed', 'dep_4', 'nothing_to_roll_back_to'],
    ['may not be a deployment of which nothing is known', 'dep_8', 'nothing_to_roll_back_to'],
    ['may be a tag', '1.1', 'dep_3'],
    ['may be a tag of hex digits', 'deadbeef', 'dep_a'],
    ['is a digest before it is a tag', 'b'.repeat(12), 'dep_3'],
    ['may not be a tag that stood for several', 'latest', 'ambiguous_digest'],
    ['may not be a tag that was never live', '2.0', 'nothing_to_roll_back_to'],
    ['may not be a part of a tag', '1', 'nothing_to_roll_back_to'],
    ['may not be a tag with the prefix of a digest', 'sha256:deadbeef', 'nothing_to_roll_back_to'],
    ['may not be fewer than 12 digits', 'b'.repeat(11), 'nothing_to_roll_back_to'],
    ['may not be more than 64', 'b'.repeat(65), 'nothing_to_roll_back_to'],
    ['may not be in capitals', 'B'.repeat(12), 'nothing_to_roll_back_to'],
    ['may not be digits from the middle', `${'0'.repeat(12)}b`, 'nothing_to_roll_back_to'],
    ['may not be nothing', '', 'nothing_to_roll_back_to'],
  ])('%s', ([, to, expected]) => {
    expect(foundBy(to, history, A)).toBe(expected)
  })

  test('is not taken as a pattern', () => {
    expect(foundBy('.'.repeat(12), history, A)).toBe('nothing_to_roll_back_to')
  })

  test('has to stand for one digest, and says for which ones it stands', () => {
    const two = [past('dep_2', near), past('dep_1', A)]
    expect(foundBy('a'.repeat(12), two)).toBe('ambiguous_digest')
    expect(() => made({ action: 'rollback', to: 'a'.repeat(12) }, { history: two })).toThrow(
      `${'a'.repeat(12)} stands for ${near} and for ${A}`,
    )
    expect(foundBy('a'.repeat(13), two)).toBe('dep_1')
  })

  test('is not made ambiguous by what was never live', () => {
    const two = [past('dep_2', near, { succeeded: false }), past('dep_1', A)]
    expect(foundBy('a'.repeat(12), two)).toBe('dep_1')
  })
})
