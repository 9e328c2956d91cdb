import { expect, test } from 'vitest'
import { withoutShapes } from '../../../../receiver/core/redaction/shapes.ts'

const LONG = 'aB3_'.repeat(8)

test.each([
  ['a eyJhbGciOi.eyJzdWIi.c2ln b', 'a [token] b'],
  ['a eyJhbGciOi.eyJzdWIi. b', 'a [token] b'],
  ['authorization: bearer abcdefgh', 'authorization: bearer [token]'],
  ['Basic  dXNlcjpw==', 'Basic [token]'],
  ['{"auth": "dXNlcjpw", "x": "y"}', '{"auth": "[secret]", "x": "y"}'],
  ['{"password":"p w"}', '{"password":"[secret]"}'],
  ['{"identityToken" : "t"}', '{"identityToken" : "[secret]"}'],
  [
    '{"registrytoken":"t","secret":"s","token":"t"}',
    '{"registrytoken":"[secret]","secret":"[secret]","token":"[secret]"}',
  ],
  [`ghp_${LONG} and ghs_${LONG}`, '[token] and [token]'],
  [`github_pat_${LONG}, glpat-${LONG}, dckr_pat_${LONG}`, '[token], [token], [token]'],
  ['whsec_MfKQ9r8G+/== whsk_x', '[key] [key]'],
  [`v1,${'A'.repeat(20)} v1a,${'A'.repeat(20)}`, '[signature] [signature]'],
  [`sha256=${'a'.repeat(64)} SHA1=${'0'.repeat(40)}`, '[signature] [signature]'],
  ['https://user:pass@example.com/x', 'https://[login]@example.com/x'],
  ['git+ssh://git@example.com', 'git+ssh://[login]@example.com'],
  ['/blob?sig=abc&se=1 then', '/blob?[query] then'],
])('of %s is left %s', (text, left) => {
  expect(withoutShapes(text)).toBe(left)
})

test.each([
  'eyJ is how a token begins',
  'xeyJhbGciOi.eyJzdWIi.c2ln',
  'Basic auth and Bearer x',
  '"author": "me"',
  'ghp_short',
  'whsec_',
  'v1,short',
  `sha256:${'a'.repeat(64)}`,
  `sha256=${'a'.repeat(31)}`,
  'https://example.com/@acme',
  'mail me@example.com',
  'why? because a = b',
])('%s is left alone', (text) => {
  expect(withoutShapes(text)).toBe(text)
})
