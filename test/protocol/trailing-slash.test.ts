import { expect, test } from 'vitest'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'

test.each([
  ['https://deploy.example.com', 'https://deploy.example.com'],
  ['https://deploy.example.com/', 'https://deploy.example.com'],
  ['https://deploy.example.com/a//b///', 'https://deploy.example.com/a//b'],
  ['/', ''],
  ['', ''],
])('%j ends as %j', (text, ends) => {
  expect(withoutTrailingSlash(text)).toBe(ends)
})
