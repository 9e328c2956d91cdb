import { expect, test } from 'vitest'
import { DOMAIN, isAppName } from '../../../receiver/core/dns-name.ts'

const LONG = 'a'.repeat(63)

test.each(['a', '7', 'api', 'a-b', 'a--b', '0a', LONG])('%s may be the name of an app', (text) => {
  expect(isAppName(text)).toBe(true)
})

test.each(['', '-', '-a', 'a-', 'A', 'a.b', 'a_b', 'a b', ' a', 'a\n', `${LONG}a`, 'ä'])(
  '%j may not',
  (text) => expect(isAppName(text)).toBe(false),
)

// three labels of 63 and one of 61, with their dots
const LONGEST = `${LONG}.${LONG}.${LONG}.${'a'.repeat(61)}`

test.each(['a', 'localhost', 'api.example.com', '*.example.com', '*.a', LONGEST])(
  '%s is a domain',
  (text) => expect(DOMAIN.test(text)).toBe(true),
)

test.each([
  '',
  '*',
  '*.',
  'a.',
  '.a',
  'a..b',
  '**.a',
  'x*.a',
  'a.*',
  'A.b',
  'a.-b',
  'a.b:80',
  'a.b\n',
  `${LONG}a.b`,
  `${LONGEST}a`,
])('%j is none', (text) => expect(DOMAIN.test(text)).toBe(false))
