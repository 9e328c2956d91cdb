import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createPackages, type Packages, type Suite, SUITES } from './packages.ts'
import { compose, composeOf, docker, nginx, type Program } from './programs.ts'

const HELP = `script/test-versions [docker] [nginx] [compose] [--suite SUITE]... [--write]

Runs what has a contract with Docker, Nginx and Compose on each version that Debian has of them: ${SUITES.join(', ')}.
The packages are unpacked beside the installed ones, into ${cacheDirectory()}.

  --suite SUITE    that one alone; any number of times
  --compose FILE   a docker-compose that Debian does not have, too
  --write          puts the table into docs/versions.md
`

interface Kind {
  suites: readonly Suite[]
  open: (packages: Packages, suite: Suite) => Program
  project: 'engine' | 'local'
  files: readonly string[]
}
const KINDS: Readonly<Record<string, Kind>> = {
  docker: {
    suites: ['bookworm', 'trixie', 'sid'],
    open: docker,
    project: 'engine',
    files: ['test/contracts/engine.test.ts'],
  },
  nginx: {
    suites: SUITES,
    open: nginx,
    project: 'local',
    files: [
      'test/contracts/sites.test.ts',
      'test/contracts/slots.test.ts',
      'test/receiver/edges/nginx.test.ts',
      'test/receiver/edges/nginx',
    ],
  },
  compose: {
    suites: ['trixie', 'sid'],
    open: compose,
    project: 'engine',
    files: ['test/e2e/compose.test.ts'],
  },
}

interface Row {
  name: string
  version: string
  from: string
  passed: number
  failed: string[]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string', multiple: true },
    compose: { type: 'string' },
    write: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
async function main(): Promise<number> {
  const packages = createPackages(cacheDirectory())
  const rows: Row[] = []
  for (const [name, kind] of Object.entries(KINDS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    for (const suite of kind.suites) {
      if (values.suite !== undefined && !values.suite.includes(suite)) continue
      rows.push(await run(name, kind, { program: kind.open(packages, suite), from: suite }))
    }
    if (name !== 'compose' || values.compose === undefined) continue
    const program = composeOf(join(cacheDirectory(), 'compose'), values.compose)
    rows.push(await run(name, kind, { program, from: values.compose }))
  }
  const table = tableOf(rows)
  console.log(`\n${table}`)
  if (values.write === true) write(table)
  return rows.length > 0 && rows.every(({ failed }) => failed.length === 0) ? 0 : 1
}

async function run(
  name: string,
  { project, files }: Kind,
  { program: { version, env }, from }: { program: Program; from: string },
): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'versions-'))
  const report = join(dir, 'report.json')
  console.log(`${name} ${version} (${from})`)
  const child = spawn(
    'vitest',
    ['run', '--project', project, '--reporter=json', `--outputFile.json=${report}`, ...files],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  await once(child, 'close')
  const row = { name, version, from, ...readReport(report) }
  rmSync(dir, { recursive: true })
  console.log(`  ${row.passed} passed, ${row.failed.length} failed`)
  for (const each of row.failed) console.log(`  FAIL ${each}`)
  return row
}

interface Report {
  numPassedTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

function readReport(file: string): Pick<Row, 'passed' | 'failed'> {
  let report: Report
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return { passed: 0, failed: ['the run came to no end'] }
  }
  const failed = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const broken = assertionResults.filter((each) => each.status === 'failed')
    // a file that could not begin has no tests
    if (broken.length === 0 && status === 'failed') return [`${name}: ${firstLine(message)}`]
    return broken.map((each) => `${each.fullName}: ${firstLine(each.failureMessages[0] ?? '')}`)
  })
  return { passed: report.numPassedTests, failed }
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, version, from, passed, failed }) =>
      `| ${name} | ${version} | ${from} | ${passed} | ${failed.length} |`,
  )
  return [
    '| program | version | from | passed | failed |',
    '| --- | --- | --- | --: | --: |',
    ...lines,
  ].join('\n')
}

function write(table: string): void {
  const file = new URL('../../docs/versions.md', import.meta.url)
  const text = readFileSync(file, 'utf8')
  const [begin, end] = ['<!-- versions -->\n\n', '\n<!-- /versions -->']
  const [before = ''] = text.split(begin)
  const [, after = ''] = text.split(end)
  writeFileSync(file, `${before}${begin}${table}\n${end}${after}`)
}

function cacheDirectory(): string {
  return process.env['DEPLOY_ACTION_VERSIONS'] ?? join(tmpdir(), 'deploy-action-versions')
}

if (values.help === true) {
  console.log(HELP)
} else {
  process.exitCode = await main()
}
