import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ACTION_ERROR_CODES } from '../../action/error.ts'
import { PROBLEMS } from '../../protocol/problem.ts'
import { DEPLOY_ERROR_CODES } from '../../receiver/core/errors.ts'
import { rowsBelow } from './rows-below.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')

/** The cells below a heading, codes without their backticks. */
const cellsBelow = (heading: string): string[][] =>
  rowsBelow(text, heading).map((cells) => cells.map((cell) => cell.replace(/^`(\w+)`$/, '$1')))

test('docs/errors.md has every code of a deployment, and no other', () => {
  const codes = cellsBelow('Of a deployment').map(([code = '']) => code)
  expect(codes.toSorted()).toEqual([...DEPLOY_ERROR_CODES].toSorted())
})

test('docs/errors.md has every code of an answer with its status, and no other', () => {
  const codes = cellsBelow('Of an answer of the receiver').map(
    ([status, code]) => `${code} ${status}`,
  )
  const known = Object.entries(PROBLEMS).map(([code, status]) => `${code} ${status}`)
  expect(codes.toSorted()).toEqual(known.toSorted())
})

test('docs/errors.md has every code of the Action, and no other', () => {
  const codes = cellsBelow('Of the Action').map(([code = '']) => code)
  expect(codes.toSorted()).toEqual([...ACTION_ERROR_CODES].toSorted())
})

test('docs/errors.md says of every code what to do', () => {
  const headings = ['Of a deployment', 'Of an answer of the receiver', 'Of the Action']
  const rows = headings.flatMap(cellsBelow)
  expect(rows.filter((cells) => cells.includes('') || cells.length < 3)).toEqual([])
})
