import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Figure } from '../../script/benchmark/part.ts'
import { keptParts, pageOf } from '../../script/benchmark/report/page.ts'
import { aimsOf, tablesOf, verdicts } from '../../script/benchmark/report/tables.ts'
import { quantile, ratioOf } from '../../script/benchmark/statistics.ts'

test('docs/benchmarks.md shows the figures that are kept beside it', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/benchmarks.md'), 'utf8')
  expect(await pageOf(await keptParts())).toBe(page)
})

const FIGURE: Figure = {
  title: 'ready at once',
  unit: 'ms',
  ways: [
    { name: 'ours', values: [110, 330, 220] },
    { name: 'script', values: [100, 300, 200] },
  ],
  aim: { way: 'ours', against: 'script', most: 1.1 },
}

test('a figure is medians, what lies around them, and the ratio of each round', () => {
  expect(tablesOf({ figures: [FIGURE], tables: [] })).toBe(
    [
      '| ready at once | median (ms) | half of them | runs | to script |',
      '| --- | --: | --: | --: | --: |',
      '| ours | 220 | 165 – 275 | 3 | 1.10 |',
      '| script | 200 | 150 – 250 | 3 |  |',
    ].join('\n'),
  )
})

test('of what was done once there is one value, and no spread', () => {
  const once = { ...FIGURE, ways: FIGURE.ways.map(({ name }) => ({ name, values: [2.5] })) }
  expect(tablesOf({ figures: [once], tables: [] })).toBe(
    ['| ready at once | ms |', '| --- | --: |', '| ours | 2.5 |', '| script | 2.5 |'].join('\n'),
  )
})

test('an aim that is missed is told from one that is met', () => {
  const missed = { ...FIGURE, aim: { way: 'ours', most: 50 } }
  const kept = { at: '', commit: '', share: 1, machine: {}, figures: [FIGURE, missed], tables: [] }
  expect(
    aimsOf(new Map([['deploys', kept]]))
      .split('\n')
      .slice(2),
  ).toStrictEqual([
    '| deploys | ready at once | ours to script | 1.10 | ≤ 1.10 |',
    '| deploys | ready at once | ours | 220 ms | **≤ 50 ms** |',
  ])
  expect(verdicts('deploys', { figures: [FIGURE, missed], tables: [] })).toStrictEqual([
    '✓ deploys, ready at once: ours to script 1.10, aim ≤ 1.10',
    '✗ deploys, ready at once: ours 220 ms, aim ≤ 50 ms',
  ])
})

test('a share of values lies below a quantile', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([5], 0.99)).toBe(5)
  expect(quantile([], 0.5)).toBeNaN()
  // of different lengths there are no rounds
  expect(ratioOf([2, 2, 2], [1, 1])).toBe(2)
})
