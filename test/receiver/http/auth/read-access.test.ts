import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { followToken, requireReadAccess } from '../../../../receiver/http/auth/read-access.ts'
import { ProblemError } from '../../../../receiver/http/problem.ts'

const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
const followKey = keyOf(3)
const readTokens = ['first-read-token-of-some-length', 'other-read-token-of-some-length']

function mayRead(authorization: string | undefined, deployment?: string): boolean {
  try {
    const which = deployment === undefined ? {} : { deployment }
    requireReadAccess(authorization, { readTokens, followKey, ...which })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemError)
    expect(error).toMatchObject({ code: 'token_rejected' })
    return false
  }
}

test.each(readTokens)('%s reads everything', (token) => {
  expect(mayRead(`Bearer ${token}`)).toBe(true)
  expect(mayRead(`bearer  ${token}`, 'd1')).toBe(true)
})

describe('a follow token', () => {
  test('reads its deployment alone', () => {
    const token = `Bearer ${followToken(followKey, 'd1')}`
    expect(mayRead(token, 'd1')).toBe(true)
    expect(mayRead(token, 'd2')).toBe(false)
    expect(mayRead(token)).toBe(false)
  })

  test('is of this receiver', () => {
    expect(mayRead(`Bearer ${followToken(keyOf(4), 'd1')}`, 'd1')).toBe(false)
  })
})

test.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer undefined',
  `Basic ${readTokens[0]}`,
  `Bearer ${readTokens[0]}x`,
  `Bearer ${readTokens[0]?.slice(1)}`,
  `Bearer ${readTokens.join(' ')}`,
  readTokens[0],
])('%s reads nothing', (authorization) => {
  expect(mayRead(authorization)).toBe(false)
  expect(mayRead(authorization, 'd1')).toBe(false)
})
