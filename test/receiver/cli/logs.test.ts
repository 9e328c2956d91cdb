import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { momentOf, onTerminal } from '../../../receiver/cli/logs.ts'

test('since is a span before now, or a moment', () => {
  const before = Date.now()
  const moment = momentOf('1h30m')
  expect(moment).toMatch(/\.\d{3}000000Z$/)
  expect(Math.abs(Date.parse(moment) - (before - 5_400_000))).toBeLessThan(600_000)
  expect(momentOf('2026-03-01T12:00:00Z')).toBe('2026-03-01T12:00:00.000000000Z')
  for (const wrong of ['yesterday', '10', '']) {
    expect(() => momentOf(wrong)).toThrow(InvalidArgumentError)
  }
})

test('what a container prints moves no cursor, and turns no line around', () => {
  expect(onTerminal('\u001b[31mred\u001b[0m\tok \u202egnp.exe \u0007\r')).toBe(
    '\\u001b[31mred\\u001b[0m\tok \\u202egnp.exe \\u0007\\u000d',
  )
})
