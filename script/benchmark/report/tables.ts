import type { Aim, Figure, Kept, Measured, Table } from '../part.ts'
import { judge, median, quantile, ratioOf } from '../statistics.ts'

/** Tables of Markdown: each figure's medians, spread and ratios, then the counts. */
export function tablesOf({ figures, tables }: Measured): string {
  return [...figures.map(ofFigure), ...tables.map(ofCounts)].join('\n\n')
}

/** Every aim of several parts, and what was measured. */
export function aimsOf(parts: ReadonlyMap<string, Kept>): string {
  const rows = [...parts].flatMap(([name, { figures }]) =>
    figures.flatMap((figure) => {
      if (figure.aim === undefined) return []
      const { value, isMet } = judge(figure, figure.aim)
      const wanted = isMet
        ? wantedOf(figure.aim, figure.unit)
        : `**${wantedOf(figure.aim, figure.unit)}**`
      return [
        [
          name,
          figure.title,
          whatOf(figure.aim),
          measuredOf(figure.aim, figure.unit, value),
          wanted,
        ],
      ]
    }),
  )
  return table(['', '', '', 'measured', 'aim (**missed**)'], rows, 3)
}

/** A line for each aim, for a terminal. */
export const verdicts = (title: string, { figures }: Measured): string[] =>
  figures.flatMap((figure) => {
    if (figure.aim === undefined) return []
    const { value, isMet } = judge(figure, figure.aim)
    const said = `${measuredOf(figure.aim, figure.unit, value)}, aim ${wantedOf(figure.aim, figure.unit)}`
    return [`${isMet ? '✓' : '✗'} ${title}, ${figure.title}: ${whatOf(figure.aim)} ${said}`]
  })

function ofFigure({ title, unit, ways }: Figure): string {
  if (ways.every(({ values }) => values.length === 1)) {
    const rows = ways.map(({ name, values }) => [name, ...values.map(shown)])
    return table([title, unit], rows)
  }
  const [, against] = ways
  const rows = ways.map(({ name, values }, at) => [
    name,
    shown(median(values)),
    `${shown(quantile(values, 0.25))} – ${shown(quantile(values, 0.75))}`,
    values.length,
    at === 1 || against === undefined ? '' : timesOf(ratioOf(values, against.values)),
  ])
  const ratio = against === undefined ? '' : `to ${against.name}`
  return table([title, `median (${unit})`, 'half of them', 'runs', ratio], rows)
}

/** Nothing to compare with is no ratio. */
const timesOf = (ratio: number): string => (Number.isFinite(ratio) ? ratio.toFixed(2) : '')

const ofCounts = ({ title, head, rows }: Table): string => table([title, ...head], rows)

function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  words = 1,
): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)).join(' | ')} |`
  const rule = head.map((_, at) => (at < words ? '---' : '--:'))
  // a column that says nothing is none
  const said = head.map((name, at) => name !== '' || rows.some((row) => row[at] !== ''))
  const kept = <T>(cells: readonly T[]) => cells.filter((_, at) => said[at])
  return [line(kept(head)), line(kept(rule)), ...rows.map((row) => line(kept(row)))].join('\n')
}

const whatOf = ({ way, against }: Aim) => (against === undefined ? way : `${way} to ${against}`)

const measuredOf = ({ against }: Aim, unit: string, value: number) =>
  against === undefined ? `${shown(value)} ${unit}` : value.toFixed(2)

function wantedOf(aim: Aim, unit: string): string {
  const [sign, bound] = 'most' in aim ? ['≤', aim.most] : ['≥', aim.least]
  return aim.against === undefined
    ? `${sign} ${shown(bound)} ${unit}`
    : `${sign} ${bound.toFixed(2)}`
}

/** Three digits that count. */
export function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits })
}
