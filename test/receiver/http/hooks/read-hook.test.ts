import { describe, expect, test } from 'vitest'
import { ProblemError } from '../../../../receiver/http/problem.ts'
import { readHook } from '../../../../receiver/http/hooks/read-hook.ts'
import { APP } from '../../../support/fake-world.ts'

const DIGEST = `sha256:${'1'.repeat(64)}`
const app = {
  spec: { ...APP, image: { repository: 'ghcr.io/acme/api', tag: 'latest' } },
  domains: [],
  credentials: {
    oidc: [],
    webhookKeys: [],
    basic: { tokens: [], deploy: false },
    github: [],
  },
}

const read = (
  body: string,
  {
    type = 'application/json',
    says = 'orders',
    mayDeploy = true,
    mayRestoreRights = false,
  }: {
    type?: string | null
    says?: 'orders' | 'payloads' | 'both'
    mayDeploy?: boolean
    mayRestoreRights?: boolean
  } = {},
) =>
  readHook(new Headers(type === null ? {} : { 'content-type': type }), {
    body: new TextEncoder().encode(body),
    authentic: { says, mayDeploy, mayRestoreRights },
    app,
  })

function problem(work: () => unknown): ProblemError {
  try {
    work()
  } catch (error) {
    if (error instanceof ProblemError) return error
  }
  throw new Error('no problem')
}

describe('an order', () => {
  test.each([
    ['', { action: 'redeploy' }, 'redeploy'],
    ['{}', { action: 'redeploy' }, 'redeploy'],
    ['{"image":"ghcr.io/acme/api"}', { action: 'deploy' }, 'deploy ghcr.io/acme/api'],
    [
      '{"image":"ghcr.io/acme/api:1.4"}',
      { action: 'deploy', tag: '1.4' },
      'deploy ghcr.io/acme/api:1.4',
    ],
    [
      `{"image":"ghcr.io/acme/api@${DIGEST}"}`,
      { action: 'deploy', digest: DIGEST },
      `deploy ghcr.io/acme/api@${DIGEST}`,
    ],
    [
      '{"rollback":"previous"}',
      { action: 'rollback', to: 'previous', currentSettings: false, releaseSettings: false },
      'rollback previous',
    ],
    [
      '{"rollback":"previous","current_settings":true}',
      { action: 'rollback', to: 'previous', currentSettings: true, releaseSettings: false },
      'rollback previous',
    ],
  ])('%s', (body, request, summary) => {
    expect(read(body)).toStrictEqual({
      kind: 'order',
      test: false,
      request,
      source: {},
      attestations: [],
      summary,
    })
  })

  test('has its id, its source and its attestations', () => {
    const body = { id: 'run-1', source: { actor: 'octocat' }, attestations: [{ a: 1 }] }
    expect(read(JSON.stringify(body))).toMatchObject(body)
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON', ' application/json ;x'])(
    'may come as %s',
    (type) => {
      expect(read('{}', { type }).summary).toBe('redeploy')
    },
  )

  test('of another repository names both', () => {
    expect(problem(() => read('{"image":"ghcr.io/acme/other"}'))).toMatchObject({
      code: 'image_not_allowed',
      message: 'ghcr.io/acme/other is not the repository of api, which is ghcr.io/acme/api',
    })
  })

  test('may be without an image for whoever may not choose one', () => {
    expect(read('{}', { mayDeploy: false }).summary).toBe('redeploy')
    expect(problem(() => read('{"image":"x"}', { mayDeploy: false })).code).toBe(
      'deploy_not_allowed',
    )
  })

  test('may bring rights of then back from the machine itself alone', () => {
    const body = '{"rollback":"previous","release_settings":true}'
    expect(problem(() => read(body)).code).toBe('release_settings_not_allowed')
    expect(read(body, { mayRestoreRights: true })).toMatchObject({
      request: { action: 'rollback', releaseSettings: true },
    })
    const both = '{"rollback":"previous","release_settings":true,"current_settings":true}'
    expect(problem(() => read(both, { mayRestoreRights: true })).message).toContain(
      'exclude each other',
    )
  })

  test.each([
    ['[]', /^body: /],
    ['{"source":{"sha":1}}', /^source\.sha: /],
    ['{"image":"a","rollback":"b"}', /^body: image and rollback exclude each other/],
  ])('that is %s says where it is wrong', (body, detail) => {
    expect(problem(() => read(body))).toMatchObject({
      code: 'malformed_body',
      message: expect.stringMatching(detail),
    })
  })

  test('of a malformed reference says so, with the remedy where there is one', () => {
    const { code, hint } = problem(() => read('{"image":"ghcr.io/Acme/api"}'))
    expect(code).toBe('malformed_reference')
    expect(hint).toContain('it looks like registry.example.com')
  })

  test('that is not announced as JSON is not read', () => {
    expect(problem(() => read('{}', { type: 'text/json' }))).toMatchObject({
      code: 'unsupported_media_type',
      message: 'Content-Type is text/json',
    })
    expect(problem(() => read('{}', { type: null }))).toMatchObject({
      code: 'unsupported_media_type',
      message: 'Content-Type is missing',
    })
  })
})

describe('a payload', () => {
  const push = JSON.stringify({
    push_data: { tag: 'latest' },
    repository: { repo_name: 'acme/api' },
  })

  test('is understood from those who may send one', () => {
    expect(read(push, { says: 'both' })).toStrictEqual({
      kind: 'pushed',
      repository: 'docker.io/acme/api',
      tag: 'latest',
      source: {},
      attestations: [],
      summary: 'push of docker.io/acme/api:latest',
    })
    expect(read('{"id":"1","action":"ping"}', { says: 'both' }).summary).toBe('ping')
    expect(read('{"id":"1","action":"delete"}', { says: 'both' }).summary).toBe('payload')
  })

  test('is an order without an image from all others, and never an order from GitHub', () => {
    expect(read(push).summary).toBe('redeploy')
    expect(read('{"rollback":"previous"}', { says: 'payloads' }).kind).toBe('ignored')
    expect(read('{"rollback":"previous"}', { says: 'both' }).kind).toBe('order')
  })
})
