import { expect, test } from 'vitest'
import { formsOf } from '../../../../receiver/core/redaction/forms.ts'

const SECRET = 'p+w/"ö 123'

test.each([
  ['as it is', SECRET],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in JSON', 'p+w/\\"ö 123'],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in hex in upper case', Buffer.from(SECRET).toString('hex').toUpperCase()],
])('a secret is known %s', (_how, form) => {
  expect(formsOf(SECRET)).toContain(form)
})

test.each(['', 'u', 'us', 'user:', 'user@x:'])(
  'a secret is known in base64 after "%s"',
  (before) => {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(before + SECRET + after).toString(encoding)
        const found = formsOf(SECRET).filter((form) => text.includes(form))
        expect(found).not.toStrictEqual([])
        // all of it but the characters that it shares with its neighbours
        expect(Math.max(...found.map(({ length }) => length))).toBeGreaterThanOrEqual(13)
      }
    }
  },
)

test('a short one is not known as it is encoded: that would stand within too much else', () => {
  expect(formsOf('1234567')).toStrictEqual(['1234567'])
  expect(formsOf('12345678')).toContain('3132333435363738')
})

test('its long lines are known by themselves, the short ones are not', () => {
  const [long, short] = ['l'.repeat(16), 's'.repeat(15)]
  for (const end of ['\n', '\r\n']) {
    const forms = formsOf(`${long}${end}${short}`)
    expect(forms).toContain(long)
    expect(forms).not.toContain(short)
    expect(forms).not.toContain(`${long}\r`)
  }
})

test('each form is there once', () => {
  const forms = formsOf('abcdefgh')
  expect(new Set(forms).size).toBe(forms.length)
})
