import { styleText } from 'node:util'
import { clip, terminalWidth, widthOf, wrap } from './fit.ts'
import { printable } from '../core/printable.ts'

export type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

/** A text, on a terminal in a colour. */
export type Cell = string | { text: string; style: Style }

export interface Shape {
  /** Headings of the columns that give way on a narrow terminal, the least important one first; all others stay whole. */
  giving?: readonly string[]
  /** Of those that are left out when that is not enough, the least important one first. */
  leaving?: readonly string[]
  /** Headings of columns whose texts go below their row where there is no room beside it. */
  below?: readonly string[]
  /** Columns of the terminal. */
  width?: number
}

/**
 * Columns of texts below their headings, two blanks apart, for a terminal: nothing in them moves its cursor, and no line is
 * broken by it. Where it is too narrow for that each row becomes a block of its own.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  { giving = [], leaving = [], below = [], width = terminalWidth() }: Shape = {},
): string {
  const shown = rows.map((row) => row.map((cell) => printable(textOf(cell))))
  const natural = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...shown.map((row) => widthOf(row[column] ?? ''))),
  )
  const fitting = (without: readonly string[], gives: readonly string[]) =>
    within(
      width,
      headings.flatMap((heading, column) =>
        without.includes(heading)
          ? []
          : {
              column,
              natural: natural[column] ?? 0,
              least: Math.max(LEAST, widthOf(heading)),
              gives: gives.indexOf(heading),
            },
      ),
    )

  const all = fitting([], [])
  if (all !== undefined) return inColumns([headings, ...shown], all, [[], ...rows])
  const empty = headings.filter((_, column) => shown.every((row) => saysNothing(row[column])))
  // first with all columns that say something, then without the least important one, …
  for (let left = 0; left <= leaving.length; left++) {
    const columns = fitting([...empty, ...below, ...leaving.slice(0, left)], giving)
    if (columns === undefined) continue
    const lines = inColumns([headings, ...shown], columns, [[], ...rows]).split('\n')
    const under = headings.flatMap((heading, column) => (below.includes(heading) ? column : []))
    return lines.flatMap((line, at) => [line, ...belowRow(shown[at - 1], under, width)]).join('\n')
  }
  return inBlocks(headings, rows, width)
}

const saysNothing = (text: string | undefined) => ['', '-', undefined].includes(text)

function belowRow(
  row: readonly string[] | undefined,
  columns: readonly number[],
  width: number,
): string[] {
  const texts = columns.flatMap((column) =>
    saysNothing(row?.[column]) ? [] : (row?.[column] ?? ''),
  )
  const least = Math.max(NARROWEST, width - MARGIN)
  return texts.length === 0
    ? []
    : wrap(texts.join(': '), least).map((line) => `${' '.repeat(MARGIN)}${line}`)
}
const MARGIN = 4

/** Fewer columns of a text say nothing. */
const LEAST = 12
/** A block's texts go on below, so that they may be narrower. */
const NARROWEST = 8
const GAP = 2

interface Column {
  column: number
  width: number
}

/** Widths with which a row fits, of which some columns gave; `undefined` when they have not enough to give. */
function within(
  width: number,
  columns: readonly { column: number; natural: number; least: number; gives: number }[],
): Column[] | undefined {
  const widths = new Map(columns.map((each) => [each.column, each.natural]))
  let over = columns.reduce((sum, { natural }) => sum + natural, GAP * (columns.length - 1)) - width
  const giving = columns
    .filter(({ gives }) => gives !== -1)
    .sort((one, other) => one.gives - other.gives)
  for (const { column, natural, least } of giving) {
    const given = Math.max(0, Math.min(over, natural - least))
    widths.set(column, natural - given)
    over -= given
  }
  return over > 0 ? undefined : [...widths].map(([column, is]) => ({ column, width: is }))
}

function inColumns(
  texts: readonly (readonly string[])[],
  columns: readonly Column[],
  cells: readonly (readonly Cell[])[],
): string {
  const line = (row: readonly string[], at: number) =>
    columns
      .map(({ column, width }) => {
        const text = clip(row[column] ?? '', width)
        return `${paint(text, cells[at]?.[column])}${' '.repeat(Math.max(0, width - widthOf(text)))}`
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  return texts.map(line).join('\n')
}

/** `KEY  value` for each thing that there is to say of a row. */
function inBlocks(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number,
): string {
  const margin = Math.max(...headings.map(widthOf)) + GAP
  const line = (heading: string, cell: Cell) =>
    wrap(printable(textOf(cell)), Math.max(NARROWEST, width - margin)).map((text, at) =>
      `${(at === 0 ? heading : '').padEnd(margin)}${paint(text, cell)}`.trimEnd(),
    )
  const block = (row: readonly Cell[]) =>
    row.flatMap((cell, column) =>
      saysNothing(textOf(cell)) ? [] : line(headings[column] ?? '', cell),
    )
  return rows.map((row) => block(row).join('\n')).join('\n\n')
}

const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text)

const paint = (text: string, cell: Cell | undefined) =>
  cell === undefined || typeof cell === 'string' || text === ''
    ? text
    : styleText(cell.style, text, { stream: process.stdout })
