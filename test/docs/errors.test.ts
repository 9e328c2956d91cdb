import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ACTION_ERROR_CODES } from '../../action/error.ts'
import { PROBLEMS } from '../../protocol/problem.ts'
import { DEPLOY_ERROR_CODES } from '../../receiver/core/errors.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')

/** The cells of the table below a heading, without blanks and backticks. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`)
  return (section.split('\n## ', 1)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`(\w+)`$/, '$1')),
    )
}

test('docs/errors.md has every code of a deployment, and no other', () => {
  const codes = rowsBelow('Of a deployment').map(([code = '']) => code)
  expect(codes.toSorted()).toEqual([...DEPLOY_ERROR_CODES].toSorted())
})

test('docs/errors.md has every code of an answer with its status, and no other', () => {
  const codes = rowsBelow('Of an answer of the receiver').map(
    ([status, code]) => `${code} ${status}`,
  )
  const known = Object.entries(PROBLEMS).map(([code, status]) => `${code} ${status}`)
  expect(codes.toSorted()).toEqual(known.toSorted())
})

test('docs/errors.md has every code of the Action, and no other', () => {
  const codes = rowsBelow('Of the Action').map(([code = '']) => code)
  expect(codes.toSorted()).toEqual([...ACTION_ERROR_CODES].toSorted())
})

test('docs/errors.md says of every code what to do', () => {
  const headings = ['Of a deployment', 'Of an answer of the receiver', 'Of the Action']
  const rows = headings.flatMap(rowsBelow)
  expect(rows.filter((cells) => cells.includes('') || cells.length < 3)).toEqual([])
})
