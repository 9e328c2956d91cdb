import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openWorkspace } from '../../test/support/workspace.ts'
import { type Burst, burst } from '../../test/support/burst.ts'
import { type Contestant, debianWebhook, deployReceiver } from './hooks/contestants.ts'
import { type Refused, refuse } from './hooks/refuse.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench hooks [--quick]

  Hooks at the receiver and at Debian's webhook, in turns: wrong signatures, distinct hooks, a kill in the middle of a
  burst, and the receiver's memory over 200,000 refusals. Takes three minutes, --quick half of one.`

interface Size {
  rounds: number
  seconds: number
  hooks: number
  refusals: number
}
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
    await wrongSignatures(both, size)
    await distinctHooks(both, size)
    await killed(both, size)
    await memory(receiver, size)
    await receiver.stop()
  } finally {
    await workspace.close()
  }
}

async function wrongSignatures(
  both: readonly Contestant[],
  { rounds, seconds }: Size,
): Promise<void> {
  const rows = new Map<string, (Refused & { cpu: number })[]>()
  for (let round = 1; round <= rounds; round++) {
    for (const { name, url, kinds, running } of both) {
      for (const kind of kinds) {
        say(`wrong signatures, round ${round} of ${rounds}: ${name}, ${KIND[kind]}`)
        const row = `${name}, ${KIND[kind]}`
        const before = cpuSeconds(running().pid)
        const refused = await refuse(url, kind, seconds)
        const cpu = ((cpuSeconds(running().pid) - before) / refused.requests) * 1e6
        rows.set(row, [...(rows.get(row) ?? []), { ...refused, cpu }])
      }
    }
  }
  table(
    ['wrong signatures', 'refused per second', 'p50', 'p99', 'processor time of one'],
    [...rows].map(([name, all]) => [
      name,
      whole(median(all.map(({ perSecond }) => perSecond))),
      ms(median(all.map(({ p50 }) => p50))),
      ms(median(all.map(({ p99 }) => p99))),
      `${whole(median(all.map(({ cpu }) => cpu)))} µs`,
    ]),
  )
}
const KIND = { github: "GitHub's HMAC", webhook: 'Standard Webhooks' }

async function distinctHooks(both: readonly Contestant[], { rounds, hooks }: Size): Promise<void> {
  const rows = new Map<string, (Burst & { recorded: number })[]>()
  let first = 0
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of both) {
      say(`distinct hooks, round ${round} of ${rounds}: ${contestant.name}`)
      const offset = first
      const done = await burst(hooks, (number) => contestant.hook(offset + number))
      if (done.failures.length > 0) {
        throw new Error(
          `${contestant.name}: ${done.failures.length} hooks failed: ${done.failures[0]}`,
        )
      }
      const recorded = await contestant.recorded(numbered(done, offset))
      rows.set(contestant.name, [...(rows.get(contestant.name) ?? []), { ...done, recorded }])
    }
    first += hooks
  }
  table(
    [
      'right, distinct hooks',
      'acknowledged per second',
      'p50',
      'p99',
      'acknowledged',
      'of these recorded',
    ],
    [...rows].map(([name, all]) => [
      name,
      whole(median(all.map(({ perSecond }) => perSecond))),
      ms(median(all.map(({ p50 }) => p50))),
      ms(median(all.map(({ p99 }) => p99))),
      whole(sum(all.map(({ acknowledged }) => acknowledged.length))),
      whole(sum(all.map(({ recorded }) => recorded))),
    ]),
  )
}

/** SIGKILL when half of them are acknowledged, and a start. */
async function killed(both: readonly Contestant[], { hooks }: Size): Promise<void> {
  const rows: string[][] = []
  const offset = 1_000_000
  for (const contestant of both) {
    say(`a kill in the middle of a burst: ${contestant.name}`)
    const running = contestant.running()
    const done = await burst(
      hooks,
      (number) => contestant.hook(offset + number),
      (total) => total === Math.floor(hooks / 2) && running.kill('SIGKILL'),
    )
    await running.exited
    await contestant.start()
    const recorded = await contestant.recorded(numbered(done, offset))
    rows.push([contestant.name, whole(done.acknowledged.length), whole(recorded)])
  }
  table(['killed in the middle of a burst', 'acknowledged', 'of these recorded'], rows)
}

async function memory(
  { name, url, running }: Contestant,
  { refusals, seconds }: Size,
): Promise<void> {
  const rss = () => {
    const status = readFileSync(`/proc/${running().pid}/status`, 'utf8')
    return `${Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024)} MiB`
  }
  const rows = [['0', rss()]]
  let done = 0
  while (done < refusals) {
    say(`memory: ${whole(done)} of ${whole(refusals)} refusals`)
    done += (await refuse(url, 'github', Math.ceil(seconds / 4))).requests
    rows.push([whole(done), rss()])
  }
  await pause(3000)
  rows.push([`${whole(done)}, and 3 s of rest`, rss()])
  const step = Math.ceil((rows.length - 3) / 4)
  const shown = rows.filter((_, at) => at === 0 || at >= rows.length - 2 || at % step === 0)
  table(['refusals since the start', `memory of ${name} (RSS)`], shown)
}

const numbered = ({ acknowledged }: Burst, offset: number) =>
  acknowledged.map(({ number, text }) => ({ number: offset + number, text }))

/** User and system time of a process, in ticks of 10 ms (proc(5), /proc/pid/stat, fields 14 and 15). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const ms = (value: number) => `${value.toFixed(1)} ms`

/** Progress, for the one who waits. */
const say = (text: string) => void process.stderr.write(`· ${text}\n`)

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) console.log(USAGE)
else await bench(values.quick ? QUICK : FULL)
