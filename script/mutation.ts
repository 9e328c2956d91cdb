// Plants faults in the sources, one at a time, and counts those that a test notices. Without a path it looks at the
// lines that the branch changed. The tests that serve are those that need no engine: see ROOTS.
import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { MutantResult } from '@stryker-mutator/api/core'
import { Stryker } from '@stryker-mutator/core'
import { changedSince, usualBase } from './mutation/changed.ts'
import { ROOT, ROOTS } from './mutation/roots.ts'
import { percent, printScore, printSurvivors } from './mutation/score.ts'
import { createWorkingDirectory } from './mutation/working-directory.ts'

/**
 * Some faults change nothing that anyone could observe: a shortcut that only saves work, the wording of a hint. They are
 * up to a tenth of a file, and hunting them makes tests that repeat the source. Below this, behaviour is untested.
 */
const LEAST_SHARE = 0.85

const PLUGINS = ['type-check.ts', 'end-with-parent.ts'].map((name) =>
  join(ROOT, 'script/mutation', name),
)

const USAGE = `usage: npm run test:mutation -- [--base REV | --all | PATH...] [--sample N] [--concurrency N]

  (nothing)        the lines that the branch changed, compared with main
  --base REV       the same, compared with REV
  --all            everything in ${ROOTS.join(', ')}
  PATH...          files or folders of these
  --sample N       every N-th fault only
  --concurrency N  how many are tried at the same time`

const main = async (): Promise<void> => {
  const { values, positionals: paths } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      base: { type: 'string' },
      sample: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const sample = positive('--sample', values.sample)
  const concurrency = positive('--concurrency', values.concurrency)
  const places =
    values.all || paths.length > 0
      ? (values.all ? ROOTS : paths).map(patternOf)
      : changedPlaces(values.base)
  const results = places.length === 0 ? [] : await plant({ places, sample, concurrency })
  report(results)
}

function positive(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new Error(`${option} is "${text}": give a number from 1 on`)
}

function patternOf(path: string): string {
  const place = relative(ROOT, resolve(ROOT, path))
  if (!ROOTS.some((root) => place === root || place.startsWith(`${root}/`))) {
    throw new Error(`${path} is not within ${ROOTS.join(', ')}, whose tests need no engine`)
  }
  if (!existsSync(join(ROOT, place))) throw new Error(`${path} does not exist`)
  return statSync(join(ROOT, place)).isDirectory() ? `${place}/**/*.ts` : place
}

function changedPlaces(given: string | undefined): string[] {
  const base = given ?? usualBase()
  const places = changedSince(base)
  console.log(`Compared with ${base}: ${places.length} changed places in ${ROOTS.join(', ')}.`)
  return places
}

async function plant({
  places,
  sample,
  concurrency,
}: {
  places: string[]
  sample: number
  concurrency: number
}): Promise<MutantResult[]> {
  const options = {
    mutate: places,
    sample,
    concurrency,
    tempDirName: createWorkingDirectory(),
    cleanTempDir: 'always',
    testRunner: 'vitest',
    vitest: { configFile: 'script/mutation/vitest.config.ts' },
    coverageAnalysis: 'perTest',
    plugins: ['@stryker-mutator/vitest-runner', ...PLUGINS],
    checkers: ['types'],
    // it would rewrite tsconfig.json and silence the compiler in each file, with an interface that TypeScript 7 has not
    tsconfigFile: 'none',
    disableTypeChecks: false,
    // on what the tests take without the fault: a machine that is busy now and was not before is no verdict
    timeoutFactor: 4,
    timeoutMS: 20_000,
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    logLevel: 'warn',
    warnings: { slow: false },
    allowEmpty: true,
  } as const
  process.chdir(ROOT)
  return new Stryker(options as object).runMutationTest()
}

function report(results: readonly MutantResult[]): void {
  const share = printScore(results)
  if (share === undefined) {
    console.log('Nothing to plant a fault in.')
    return
  }
  printSurvivors(results)
  if (share >= LEAST_SHARE) return
  console.error(`\n${percent(share)} of the faults were noticed, ${percent(LEAST_SHARE)} must be`)
  process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
