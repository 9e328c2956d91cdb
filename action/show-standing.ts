import { countsOf, oneDigest, type Standing, type State, wordsOf } from './standing.ts'
import { code, escape } from './summary.ts'

/** As a reason in the log and in the table, in characters. */
const MAX_WHY = 200

/** For the log: a line for each receiver, in columns, and whether all of them run one digest. */
export const standingLines = (all: readonly Standing[], release: string): string[] => {
  const rows = all.map((each) => ({ name: each.name, ...wordsOf(each) }))
  const width = (of: (row: (typeof rows)[number]) => string) =>
    Math.max(...rows.map((row) => of(row).length))
  const [names, became, runs] = [
    width(({ name }) => name),
    width((row) => row.became),
    width((row) => row.runs),
  ]
  return [
    `What stands where (release ${release}):`,
    ...rows.map((row) =>
      [
        ` ${row.name.padEnd(names)}`,
        row.became.padEnd(became),
        row.runs.padEnd(runs),
        row.why.slice(0, MAX_WHY),
      ]
        .join('  ')
        .trimEnd(),
    ),
    verdictOf(all),
  ]
}

/** The same for the job summary, in the HTML that GitHub's Markdown lets through. */
export const renderStanding = (all: readonly Standing[], release: string): string => {
  const [{ app } = { app: '' }] = all
  const isGood = all.every(({ state }) => state === 'live' || state === 'taken')
  const rows = all.map((each) => {
    const { became, why } = wordsOf(each)
    const cells = [
      escape(each.name),
      `${MARKS[each.state]} ${became}`,
      runsIn(each),
      escape(why.slice(0, MAX_WHY)),
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  return [
    `### ${isGood ? '✅' : '❌'} ${escape(app)}: ${countsOf(all)}`,
    [
      '<table>',
      '<tr><th align="left">Receiver</th><th align="left">Became</th><th align="left">Runs</th><th align="left"></th></tr>',
      ...rows,
      '</table>',
    ].join('\n'),
    `${escape(verdictOf(all))} Release ${code(release)}.`,
  ].join('\n\n')
}

/** What the output `receivers` says of each. */
export const forPrograms = ({
  url,
  app,
  state,
  digest,
  previousDigest,
  deployment,
  rollback,
  why,
}: Standing): Record<string, string | undefined> => ({
  url,
  app,
  state,
  digest,
  previous_digest: previousDigest,
  deployment,
  rollback,
  error: why,
})

function runsIn(standing: Standing): string {
  const { runs } = wordsOf(standing)
  const [, still = '', what = ''] = /^(still )?(.*)$/.exec(runs) ?? []
  return standing.digest === undefined ? escape(runs) : `${still}${code(what)}`
}

function verdictOf(all: readonly Standing[]): string {
  const digest = oneDigest(all)
  if (digest === false) return 'They do not all run one digest.'
  return digest === undefined
    ? 'Whether all of them run one digest is not known.'
    : `All of them run ${digest}.`
}

const MARKS: Readonly<Record<State, string>> = {
  live: '✅',
  rolled_back: '↩️',
  failed: '❌',
  not_begun: '⏹️',
  under_way: '⏳',
  superseded: '⏭️',
  taken: '📨',
  unknown: '❓',
}
