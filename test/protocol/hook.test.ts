import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { HookBody } from '../../protocol/hook.ts'

describe('a hook body', () => {
  test('may be empty: redeploy', () => {
    expect(read({})).toStrictEqual({})
  })

  test('is returned with all its fields', () => {
    const body = {
      image: 'ghcr.io/acme/api:1',
      id: 'run-1',
      source: {
        repository: 'acme/api',
        ref: 'refs/heads/main',
        sha: 'abc',
        run_url: 'https://github.com/acme/api/actions/runs/1',
        actor: 'octocat',
        message: 'fix',
      },
    }
    expect(read(body)).toStrictEqual(body)
  })

  test.for(['previous', `sha256:${'a'.repeat(64)}`, 'aaaaaaaaaaaa'])(
    'may roll back to %s',
    (to) => {
      expect(read({ rollback: to })).toStrictEqual({ rollback: to })
    },
  )

  test('loses fields that are not known, at every level', () => {
    const body = { image: 'x', tag: '1', source: { ref: 'r', token: 'secret' }, events: [] }
    expect(read(body)).toStrictEqual({ image: 'x', source: { ref: 'r' } })
  })

  test('takes no field from a prototype', () => {
    const body: unknown = JSON.parse('{"__proto__": {"image": "evil"}, "id": "1"}')
    const read1 = read(body)
    expect(read1).toStrictEqual({ id: '1' })
    expect((read1 as { image?: string }).image).toBeUndefined()
    expect(Object.getPrototypeOf(read1)).toBe(Object.prototype)
  })

  test('has an image or a rollback, not both', () => {
    expect(refusal({ image: 'x', rollback: 'previous' })).toBe(
      'image and rollback exclude each other: send one of them',
    )
  })
})

describe('no hook body', () => {
  test.for([[[]], [[{ image: 'x' }]], [null], ['image'], [1], [true]])('is %j', ([body]) => {
    expect(refusal(body)).toBeTypeOf('string')
  })

  test('a list is refused as one', () => {
    expect(refusal([])).toBe('expected an object, not a list')
  })
})

describe('limits', () => {
  test.for([
    ['image', 1024],
    ['rollback', 256],
    ['id', 256],
  ] as const)('%s has 1 to %i characters', ([field, most]) => {
    expect(read({ [field]: 'x'.repeat(most) })).toStrictEqual({ [field]: 'x'.repeat(most) })
    expect(refusal({ [field]: 'x'.repeat(most + 1) })).toBeTypeOf('string')
    expect(refusal({ [field]: '' })).toBeTypeOf('string')
  })

  test.for(['repository', 'ref', 'sha', 'run_url', 'actor', 'message', 'release'])(
    'source.%s has at most 1,000 characters',
    (field) => {
      const source = { [field]: 'x'.repeat(1000) }
      expect(read({ source })).toStrictEqual({ source })
      expect(read({ source: { [field]: '' } })).toStrictEqual({ source: { [field]: '' } })
      expect(refusal({ source: { [field]: 'x'.repeat(1001) } })).toBeTypeOf('string')
    },
  )

  test.for([
    { image: 1 },
    { image: null },
    { image: ['x'] },
    { rollback: true },
    { rollback: {} },
    { id: 7 },
    { source: 'main' },
    { source: ['main'] },
    { source: null },
    { source: { ref: 1 } },
    { source: { ref: null } },
  ])('%j is refused for its type', (body) => {
    expect(refusal(body)).toBeTypeOf('string')
  })
})

const read = (body: unknown): HookBody => v.parse(HookBody, body)

/** The first issue of a body that is refused. */
function refusal(body: unknown): string | undefined {
  const result = v.safeParse(HookBody, body)
  return result.success ? undefined : result.issues[0].message
}
