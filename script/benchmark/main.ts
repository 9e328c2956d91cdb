import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildProgram } from '../../test/support/built-program.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { machine, revision } from './machine.ts'
import type { Kept, Part } from './part.ts'
import { DATA, writePage } from './report/page.ts'
import { plot } from './report/plot.ts'
import { tablesOf, verdicts } from './report/tables.ts'

/** In the order of docs/benchmarks.md. Each is read when it is measured, after what it starts was built. */
const PARTS: Record<string, () => Promise<{ part: Part }>> = {
  deploys: () => import('./deploys.ts'),
  rollbacks: () => import('./rollbacks.ts'),
  swaps: () => import('./swaps.ts'),
  traffic: () => import('./traffic.ts'),
  hooks: () => import('./hooks.ts'),
  rest: () => import('./rest.ts'),
  action: () => import('./action.ts'),
  growth: () => import('./growth.ts'),
  followers: () => import('./followers.ts'),
}
const NAMES = Object.keys(PARTS)
/** Of a whole run's rounds. */
const QUICK = 0.1
const LEAST_TIMES = 2

const USAGE = `usage: npm run bench -- [--only NAMES] [--share 1] [--quick] [--keep]

  Measures deploy-receiver against what people would use instead, and against the least that could do the same, in turns and in one run,
  as root, on this machine. It starts and removes everything that it needs. Parts, by name or number:

${NAMES.map((name, at) => `    ${at + 1}  ${name}`).join('\n')}

  --only 1,3    these parts alone
  --share 0.5   half of the rounds
  --quick       a tenth of them: to see that it works
  --keep        writes the raw figures to docs/benchmarks, and docs/benchmarks.md anew`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: NAMES.join(',') },
    share: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  const share = values.quick ? QUICK : Number(values.share)
  await bench(values.only.split(',').map(named), { share, keep: values.keep })
}

function named(wish: string): string {
  const name = NAMES[Number(wish) - 1] ?? wish
  if (NAMES.includes(name)) return name
  throw new Error(`--only ${wish}: no part is called so; there are ${NAMES.join(', ')}`)
}

async function bench(
  names: readonly string[],
  { share, keep }: { share: number; keep: boolean },
): Promise<void> {
  const workspace = openWorkspace()
  try {
    process.env['DEPLOY_RECEIVER'] ??= await buildProgram(workspace.folder('program'))
    const said: string[] = []
    const faults: string[] = []
    for (const name of names) {
      const { part } = (await PARTS[name]?.()) ?? {}
      const measured = await part?.measure({
        times: (whole) => Math.max(LEAST_TIMES, Math.round(whole * share)),
        say: (text) => progress(`${name}: ${text}`),
      })
      if (measured === undefined) continue
      progress('')
      console.log(`## ${name}\n\n${tablesOf(measured)}\n`)
      said.push(...verdicts(name, measured))
      faults.push(...(measured.faults ?? []).map((fault) => `${name}: ${fault}`))
      if (keep) {
        const at = new Date().toISOString()
        await keepPart(name, { at, commit: revision(), share, machine: machine(), ...measured })
      }
    }
    console.log(said.join('\n'))
    if (keep) await writePage()
    if (faults.length > 0) throw new Error(faults.join('\n'))
  } finally {
    await workspace.close()
  }
}

async function keepPart(name: string, kept: Kept): Promise<void> {
  await mkdir(DATA, { recursive: true })
  await writeFile(join(DATA, `${name}.json`), `${JSON.stringify(kept)}\n`)
  if (kept.figures.length > 0) await writeFile(join(DATA, `${name}.svg`), await plot(kept.figures))
}

/** One line that is written over, at a terminal; else a line each. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text === '' ? '' : `· ${text}`}`)
  else if (text !== '') process.stderr.write(`· ${text}\n`)
}
