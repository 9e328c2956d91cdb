import { styleText } from 'node:util'
import type { Finding } from '../core/finding.ts'
import { printable } from './table.ts'

/** Shows what was looked at; 1 when something is not as it has to be. */
export function showFindings(checks: readonly Finding[], json: boolean): number {
  console.log(json ? JSON.stringify(checks) : describeFindings(checks))
  return checks.every(({ ok }) => ok) ? 0 : 1
}

/**
 * A line for each thing, and its remedy below; what is wrong stands last, beside the prompt. What has the same remedy stands
 * together: one cause may show in many places.
 */
export function describeFindings(checks: readonly Finding[]): string {
  const width = Math.max(...checks.map(({ what }) => what.length))
  const margin = ' '.repeat(MARGIN + width)
  const lines = (text: string) => text.split('\n').map(printable)
  const describe = (finding: Finding) => {
    const [first, ...rest] = lines(finding.message)
    const said = `${VERDICTS[verdictOf(finding)]}  ${finding.what.padEnd(width)}  ${first}`
    return [said.trimEnd(), ...rest.map((line) => `${margin}${line}`)]
  }
  const remedy = (hint: string) =>
    lines(hint).map((line, at) => `${margin}${at === 0 ? '-> ' : '   '}${line}`)

  const groups = ORDER.flatMap((verdict) => {
    const alike = checks.filter((each) => verdictOf(each) === verdict)
    return [...Map.groupBy(alike, ({ hint }) => hint ?? '')]
  })
  return groups
    .flatMap(([hint, found]) => [...found.flatMap(describe), ...(hint === '' ? [] : remedy(hint))])
    .join('\n')
}

const ORDER = ['ok', 'warn', 'fail'] as const
const VERDICTS = {
  ok: 'ok  ',
  warn: styleText('yellow', 'warn', { stream: process.stdout }),
  fail: styleText(['bold', 'red'], 'FAIL', { stream: process.stdout }),
} as const
/** The verdict, and two blanks on either side of what was looked at. */
const MARGIN = 8

const verdictOf = ({ ok, hint }: Finding): (typeof ORDER)[number] =>
  ok ? (hint === undefined ? 'ok' : 'warn') : 'fail'
