import { expect, test } from 'vitest'
import { PROBLEMS, type ProblemCode } from '../../../protocol/problem.ts'
import { ProblemError, problemResponse, StacklessError } from '../../../receiver/http/problem.ts'
import { SECURITY_HEADERS } from '../../../receiver/http/security-headers.ts'

test.each(Object.entries(PROBLEMS) as [ProblemCode, number][])(
  '%s is answered with %i, in the form of RFC 9457',
  async (code, status) => {
    const response = problemResponse(new ProblemError(code, 'it failed'))
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      expect(response.headers.get(name)).toBe(value)
    }
    expect(JSON.parse(await response.text())).toStrictEqual({
      type: 'about:blank',
      title: expect.stringMatching(/^[A-Z][a-z ]+$/),
      status,
      code,
      detail: 'it failed',
    })
  },
)

test('a hint and headers are told, the reason is not', async () => {
  const cause = new Error('inner')
  const error = new ProblemError('unknown_app', 'it failed', {
    hint: 'do this',
    headers: { 'retry-after': '7' },
    reason: 'the inner reason',
    cause,
  })
  expect(error).toMatchObject({ name: 'ProblemError', cause, reason: 'the inner reason' })
  const response = problemResponse(error)
  expect(response.headers.get('retry-after')).toBe('7')
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({ hint: 'do this' })
  expect(text.endsWith('}\n')).toBe(true)
  expect(text).not.toContain('inner')
})

test('an error that is an answer has no stack, and those after it have theirs', () => {
  expect(new StacklessError('x').stack).toBe('Error: x')
  expect(new Error('y').stack).toContain('problem.test.ts')
})
