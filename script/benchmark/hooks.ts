import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openWorkspace } from '../../test/support/workspace.ts'
import { debianWebhook, deployReceiver } from './hooks/contestants.ts'
import {
  distinctHooks,
  type Figures,
  killed,
  memory,
  type Say,
  type Size,
  wrongSignatures,
} from './hooks/measure.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench hooks [--quick]

  Hooks at the receiver and at Debian's webhook, in turns: wrong signatures, distinct hooks, a kill in the middle of a
  burst, and the receiver's memory over 200,000 refusals. Takes five minutes, --quick two of them.`

const FULL: Size = { rounds: 3, seconds: 8, hooks: 2000, refusals: 200_000 }
const QUICK: Size = { rounds: 1, seconds: 2, hooks: 200, refusals: 20_000 }

async function bench(size: Size): Promise<void> {
  const workspace = openWorkspace()
  try {
    say('starting an engine, the receiver and webhook')
    const receiver = await deployReceiver(workspace)
    const both = [receiver, await debianWebhook(workspace)]
    for (const each of both) await each.start()
    console.log(
      `${cpus().length} cores, Node.js ${process.version}, bodies of 2 KB, 16 connections\n`,
    )
    showRefusals(await wrongSignatures(both, size, say))
    showAccepted(await distinctHooks(both, size, say))
    showKilled(await killed(both, size, say))
    showMemory(receiver.name, await memory(receiver, size, say))
    await receiver.stop()
  } finally {
    await workspace.close()
  }
}

function showRefusals(figures: Awaited<ReturnType<typeof wrongSignatures>>): void {
  const rows = grouped(figures, ({ contestant, kind }) => `${contestant}, ${KIND[kind]}`)
  table(
    ['wrong signatures', 'refused per second', 'p50', 'p99', 'processor time of one'],
    rows.map(([name, all]) => [name, ...times(all)]),
  )
}
const KIND = { github: "GitHub's HMAC", webhook: 'Standard Webhooks' }

function showAccepted(figures: Awaited<ReturnType<typeof distinctHooks>>): void {
  table(
    [
      'right, distinct hooks',
      'acknowledged per second',
      'p50',
      'p99',
      'processor time of one',
      'acknowledged',
      'of these recorded',
    ],
    grouped(figures, ({ contestant }) => contestant).map(([name, all]) => [
      name,
      ...times(all),
      whole(sum(all.map(({ acknowledged }) => acknowledged))),
      whole(sum(all.map(({ recorded }) => recorded))),
    ]),
  )
}

function showKilled(figures: Awaited<ReturnType<typeof killed>>): void {
  table(
    ['killed in the middle of a burst', 'acknowledged', 'of these recorded'],
    figures.map(({ contestant, acknowledged, recorded }) => [
      contestant,
      whole(acknowledged),
      whole(recorded),
    ]),
  )
}

function showMemory(name: string, figures: Awaited<ReturnType<typeof memory>>): void {
  const rows = figures.map(({ refusals, kib }, at) => [
    `${whole(refusals)}${at === figures.length - 1 ? ', and 3 s of rest' : ''}`,
    `${Math.round(kib / 1024)} MiB`,
  ])
  const step = Math.ceil((rows.length - 3) / 4)
  const shown = rows.filter((_, at) => at === 0 || at >= rows.length - 2 || at % step === 0)
  table(['refusals since the start', `memory of ${name} (RSS)`], shown)
}

/** Medians: per second, p50, p99, processor time. */
const times = (all: readonly Figures[]): string[] => [
  whole(median(all.map(({ perSecond }) => perSecond))),
  ms(median(all.map(({ p50 }) => p50))),
  ms(median(all.map(({ p99 }) => p99))),
  `${whole(median(all.map(({ cpuMicroseconds }) => cpuMicroseconds)))} µs`,
]

const grouped = <T>(all: readonly T[], nameOf: (one: T) => string): [string, T[]][] => [
  ...Map.groupBy(all, nameOf),
]
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const ms = (value: number) => `${value.toFixed(1)} ms`

const say: Say = (text) => void process.stderr.write(`· ${text}\n`)

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) console.log(USAGE)
else await bench(values.quick ? QUICK : FULL)
