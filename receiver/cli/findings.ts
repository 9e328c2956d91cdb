import { styleText } from 'node:util'
import { type Finding, type Verdict, verdictOf } from '../core/finding.ts'
import { terminalWidth, widthOf, wrap } from './fit.ts'
import { sayJson } from './print.ts'
import { printable } from '../core/printable.ts'

/** Shows what was looked at; 1 when something is not as it has to be. */
export function showFindings(checks: readonly Finding[], json: boolean): number {
  if (json) sayJson(checks.map((each) => ({ ...each, verdict: verdictOf(each) })))
  else console.log(describeFindings(checks))
  return checks.every(({ ok }) => ok) ? 0 : 1
}

/**
 * A line for each thing, and its remedy below; what is wrong stands last, beside the prompt. What has the same remedy stands
 * together: one cause may show in many places.
 */
export function describeFindings(checks: readonly Finding[], width = terminalWidth()): string {
  const longest = Math.max(0, ...checks.map(({ what }) => widthOf(printable(what))))
  // on a narrow terminal what was found stands below, not beside
  const isNarrow = width - MARGIN - longest < LEAST
  const margin = ' '.repeat(isNarrow ? VERDICT : MARGIN + longest)
  const lines = (text: string, most: number) =>
    text.split('\n').flatMap((line) => wrap(printable(line), Math.max(LEAST, most)))
  const describe = (finding: Finding) => {
    const message = lines(finding.message, width - margin.length)
    const verdict = VERDICTS[verdictOf(finding)]()
    const what = printable(finding.what)
    const head = `${verdict}  ${isNarrow ? what : what.padEnd(longest)}`
    const [first, ...rest] = isNarrow ? ['', ...message] : message
    return [`${head}  ${first}`.trimEnd(), ...rest.map((line) => `${margin}${line}`)]
  }
  const remedy = (hint: string) =>
    lines(hint, width - margin.length - ARROW.length).map(
      (line, at) => `${margin}${at === 0 ? ARROW : ' '.repeat(ARROW.length)}${line}`,
    )

  const groups = ORDER.flatMap((verdict) => {
    const alike = checks.filter((each) => verdictOf(each) === verdict)
    return [...Map.groupBy(alike, ({ hint }) => hint ?? '')]
  })
  return groups
    .flatMap(([hint, found]) => [...found.flatMap(describe), ...(hint === '' ? [] : remedy(hint))])
    .join('\n')
}

const ORDER = ['ok', 'warning', 'failure'] as const
const VERDICTS: Readonly<Record<Verdict, () => string>> = {
  ok: () => 'ok  ',
  warning: () => styleText('yellow', 'warn', { stream: process.stdout }),
  failure: () => styleText(['bold', 'red'], 'FAIL', { stream: process.stdout }),
}
/** The verdict, and two blanks behind it. */
const VERDICT = 6
/** The same, and two blanks behind what was looked at. */
const MARGIN = 8
const ARROW = '-> '
/** Fewer columns are none for a sentence. */
const LEAST = 24
