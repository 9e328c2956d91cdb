// Shows of every regular expression of what ships that its work grows with the text and no faster. A stopwatch cannot:
// it fails on a busy machine, and passes on a fast one.
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EXCEPTIONS } from './patterns/exceptions.ts'
import { patternsOf } from './patterns/find.ts'
import type { Growth } from './patterns/growth.ts'
import { judge } from './patterns/judge.ts'

const ROOT = join(import.meta.dirname, '..')

const files = globSync('{action,protocol,receiver}/**/*.ts', { cwd: ROOT }).sort()
const patterns = files.flatMap((file) => patternsOf(file, readFileSync(join(ROOT, file), 'utf8')))
const regexes = new Map(patterns.flatMap(({ text, regex }) => (regex ? [[text, regex]] : [])))
const growths = await growthsOf([...regexes.values()])
const growthByText = new Map([...regexes.keys()].map((text, index) => [text, growths[index]]))

const faults = judge(
  patterns,
  ({ source, flags }) => {
    const growth = growthByText.get(`/${source}/${flags}`)
    if (growth === undefined) throw new Error(`/${source}/${flags} was not checked`)
    return growth
  },
  EXCEPTIONS,
)
for (const fault of faults) console.log(fault)
const count = (verdict: Growth['verdict']) =>
  growths.filter((growth) => growth.verdict === verdict).length
console.log(
  `${patterns.length} patterns in ${files.length} files; of ${growths.length} different ones ${count('proven')} are proven linear, ${count('searched')} searched without a find; ${EXCEPTIONS.length} exceptions`,
)
process.exitCode = faults.length === 0 ? 0 : 1

/** The growth of each, found on all cores. */
async function growthsOf(all: readonly { source: string; flags: string }[]): Promise<Growth[]> {
  const workers = availableParallelism()
  const shares = Array.from({ length: workers }, (_, worker) =>
    all.filter((_regex, index) => index % workers === worker),
  )
  const found = await Promise.all(shares.map(checkInWorker))
  return all.map((_, index) => {
    const growth = found[index % workers]?.[Math.floor(index / workers)]
    if (growth === undefined) throw new Error('a worker left something out')
    return growth
  })
}

function checkInWorker(share: readonly { source: string; flags: string }[]): Promise<Growth[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('patterns/worker.ts', import.meta.url), {
      workerData: share,
    })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
