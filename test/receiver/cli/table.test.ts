import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { describeFindings } from '../../../receiver/cli/findings.ts'
import { table } from '../../../receiver/cli/table.ts'

const HEADINGS = ['DEPLOYMENT', 'AGE', 'TOOK', 'IMAGE', 'WHY']
const SHAPE = { giving: ['WHY', 'IMAGE'], leaving: ['TOOK'] }
const ID = 'dep_01k8z3c9m2f5q7r9t1v3'
const ROWS = [
  [ID, '3 h', '12.3 s', '版本-1.4.2 sha256:0123456789ab', 'api was not healthy within 20 s: 500'],
  [ID, '2 d', '9.1 s', 'café sha256:0123456789ab', '🚀 ship it, and the rest of it, too'],
]

test('without a terminal every text is whole', () => {
  const text = table(HEADINGS, ROWS)
  for (const cell of ROWS.flat()) expect(text).toContain(cell)
})

test('columns line up by what a terminal shows, and the least important give way first', () => {
  expect(table(HEADINGS, ROWS, { ...SHAPE, width: 80 })).toMatchInlineSnapshot(`
    "DEPLOYMENT                AGE  TOOK    IMAGE                        WHY
    dep_01k8z3c9m2f5q7r9t1v3  3 h  12.3 s  版本-1.4.2 sha256:01234567…  api was not…
    dep_01k8z3c9m2f5q7r9t1v3  2 d  9.1 s   café sha256:0123456789ab     🚀 ship it,…"
  `)
})

test('where even that is too wide, each row is a block', () => {
  expect(table(HEADINGS, ROWS, { ...SHAPE, width: 40 })).toMatchInlineSnapshot(`
    "DEPLOYMENT  dep_01k8z3c9m2f5q7r9t1v3
    AGE         3 h
    TOOK        12.3 s
    IMAGE       版本-1.4.2
                sha256:0123456789ab
    WHY         api was not healthy within
                20 s: 500

    DEPLOYMENT  dep_01k8z3c9m2f5q7r9t1v3
    AGE         2 d
    TOOK        9.1 s
    IMAGE       café sha256:0123456789ab
    WHY         🚀 ship it, and the rest of
                it, too"
  `)
})

test.for([200, 80, 60, 40, 20])('no line is longer than a terminal of %i columns', (width) => {
  const findings = describeFindings(
    [
      { id: 'docker', what: 'docker', ok: true, message: 'version 29.1 by /var/run/docker.sock' },
      {
        id: 'registry:api',
        what: 'registry ghcr.io',
        ok: false,
        message: '拒绝了 it said no',
        hint: 'sign in again',
      },
    ],
    Math.max(width, 40),
  )
  expect(longest(findings)).toBeLessThanOrEqual(Math.max(width, 40))
  expect(longest(table(HEADINGS, ROWS, { ...SHAPE, width }))).toBeLessThanOrEqual(width)
})

const longest = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)))
