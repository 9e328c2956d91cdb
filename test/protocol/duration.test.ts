import { expect, test } from 'vitest'
import { parseDuration, showDuration } from '../../protocol/duration.ts'

test.for([
  ['0', 0],
  ['0s', 0],
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['1h0m1s', 3_601_000],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['1000000ns', 1],
] as const)('%s is %d ms', ([text, ms]) => {
  expect(parseDuration(text)).toBeCloseTo(ms, 9)
})

test.for(['', '10', 's', '-1s', '+1s', '1 s', '1S', '1d', '1s ', '1,5s', '.5s', '1.s', '1e3s'])(
  '%j is none',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test.for([
  [0, '0 ms'],
  [811.6, '812 ms'],
  [4100, '4.1 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min'],
  [125_000, '2 min 5 s'],
] as const)('%d ms are shown as %s', ([ms, text]) => {
  expect(showDuration(ms)).toBe(text)
})
