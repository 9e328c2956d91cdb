import { describe, expect, test } from 'vitest'
import { matches, refusedClaim } from '../../../../receiver/http/auth/claims.ts'

describe('a pattern', () => {
  test.each([
    ['main', 'main'],
    ['refs/heads/main', 'refs/heads/*'],
    ['refs/heads/', 'refs/heads/*'],
    ['refs/heads/a/b', 'refs/heads/**'],
    ['a/b/c', 'a/*/c'],
    ['a/b/c/d', 'a/**/d'],
    ['', ''],
    ['', '*'],
    ['', '**'],
    ['abcabc', '*abc'],
    ['acme/api', '*/*'],
    ['a.b', 'a.b'],
    ['🚀', '*'],
  ])('%j is allowed by %j', (text, pattern) => {
    expect(matches(text, pattern)).toBe(true)
  })

  test.each([
    ['main2', 'main'],
    ['amain', 'main'],
    ['Main', 'main'],
    ['', 'a'],
    ['a', ''],
    ['refs/heads/a/b', 'refs/heads/*'],
    ['refs/tags/v1', 'refs/heads/**'],
    ['a/b/b/c', 'a/*/c'],
    ['acme/api/x', '*/*'],
    ['axb', 'a.b'],
    ['abcab', '*abc'],
  ])('%j is not allowed by %j', (text, pattern) => {
    expect(matches(text, pattern)).toBe(false)
  })
})

const ISSUER = 'https://issuer.example'
const rule = (claims: Record<string, string[]>, issuer = ISSUER) => ({ issuer, claims })
const refused = (claims: Record<string, unknown>, ...rules: ReturnType<typeof rule>[]) =>
  refusedClaim({ issuer: ISSUER, claims }, rules)

describe('claims', () => {
  const main = rule({ repository_id: ['1'], ref: ['refs/heads/main', 'refs/tags/*'] })

  test.each([
    { repository_id: '1', ref: 'refs/heads/main' },
    { repository_id: '1', ref: 'refs/tags/v1', more: 'of them' },
    { repository_id: 1, ref: 'refs/heads/main' },
  ])('%j are allowed', (claims) => {
    expect(refused(claims, main)).toBeUndefined()
  })

  test.each([
    [{ repository_id: '1' }, 'the token has no claim ref'],
    [
      { repository_id: '2', ref: 'refs/heads/main' },
      'repository_id is "2", the config requires "1"',
    ],
    [
      { repository_id: '1', ref: 'x' },
      'ref is "x", the config requires "refs/heads/main" or "refs/tags/*"',
    ],
    [{ repository_id: ['1'], ref: 'refs/heads/main' }, 'repository_id is "[\\"1\\"]"'],
  ])('%j are not: %s', (claims, reason) => {
    expect(refused(claims, main)).toContain(reason)
  })

  test('are allowed when one of several rules does', () => {
    const other = rule({ repository_id: ['2'] })
    expect(refused({ repository_id: '2' }, main, other)).toBeUndefined()
    expect(refused({ repository_id: '2' }, other, main)).toBeUndefined()
  })

  test('are compared with the rules of their own issuer alone', () => {
    const other = rule({ repository_id: ['1'] }, 'https://other.example')
    expect(refused({ repository_id: '1' }, other)).toBe(`no rule for issuer ${ISSUER}`)
    expect(refused({ repository_id: '1' })).toBe(`no rule for issuer ${ISSUER}`)
  })

  test('of a name that every object has are not there', () => {
    expect(refused({}, rule({ constructor: ['**'] }))).toBe('the token has no claim constructor')
  })

  test.each(['pull_request', 'pull_request_target', 'pull_request_review'])(
    'of %s are allowed only where a rule names the event',
    (event) => {
      const claims = { repository_id: '1', event_name: event }
      expect(refused(claims, rule({ repository_id: ['1'] }))).toBe(
        `event_name is ${event}, which must be named in the config to be allowed`,
      )
      expect(refused(claims, rule({ repository_id: ['1'], event_name: [event] }))).toBeUndefined()
      expect(refused(claims, rule({ event_name: ['push'] }))).toMatch(/^event_name is/)
    },
  )

  test.each(['push', 7, undefined])('of the event %s need no such rule', (event) => {
    expect(refused({ a: '1', event_name: event }, rule({ a: ['1'] }))).toBeUndefined()
  })

  test('are shown with 200 characters at most', () => {
    const reason = refused({ a: 'x'.repeat(300) }, rule({ a: ['1'] }))
    expect(reason).toBe(`a is "${'x'.repeat(200)}…", the config requires "1"`)
  })
})
