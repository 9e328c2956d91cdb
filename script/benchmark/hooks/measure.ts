import { setTimeout as pause } from 'node:timers/promises'
import { type Burst, burst } from '../../../test/support/burst.ts'
import type { Contestant, Refusing } from './contestants.ts'
import { memoryOf, processorTimeOf } from '../processes.ts'
import { refuse } from './refuse.ts'

export interface Size {
  rounds: number
  seconds: number
  hooks: number
  refusals: number
}

/** Progress, for the one who waits. */
export type Say = (text: string) => void

/** One round, of one contestant. */
export interface Figures {
  contestant: string
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Processor time of one request, on all cores together. */
  cpuMicroseconds: number
}

const REST_MS = 3000

/** Wrong signatures, in turns. */
export async function wrongSignatures(
  contestants: readonly Refusing[],
  { rounds, seconds }: Size,
  say: Say,
): Promise<(Figures & { kind: Contestant['kinds'][number] })[]> {
  const figures = []
  for (let round = 1; round <= rounds; round++) {
    for (const { name, url, kinds, running } of contestants) {
      for (const kind of kinds) {
        say(`wrong signatures, round ${round} of ${rounds}: ${name}, ${kind}`)
        const before = processorTimeOf(running().pid)
        const refused = await refuse(url, kind, seconds)
        const cpuMicroseconds =
          ((processorTimeOf(running().pid) - before) / refused.requests) * 1000
        figures.push({ contestant: name, kind, ...refused, cpuMicroseconds })
      }
    }
  }
  return figures
}

/** Right hooks, each unlike every other, in turns. Throws when one was not acknowledged. */
export async function distinctHooks(
  contestants: readonly Contestant[],
  { rounds, hooks }: Size,
  say: Say,
): Promise<(Figures & { acknowledged: number; recorded: number })[]> {
  const figures = []
  for (let round = 1; round <= rounds; round++) {
    const offset = (round - 1) * hooks
    for (const { name, hook, recorded, running } of contestants) {
      say(`distinct hooks, round ${round} of ${rounds}: ${name}`)
      const before = processorTimeOf(running().pid)
      const done = await burst(hooks, (number) => hook(offset + number))
      const cpuMicroseconds = ((processorTimeOf(running().pid) - before) / hooks) * 1000
      if (done.failures.length > 0) {
        throw new Error(`${name}: ${done.failures.length} hooks failed: ${done.failures[0]}`)
      }
      const { perSecond, p50, p99, acknowledged } = done
      figures.push({
        contestant: name,
        perSecond,
        p50,
        p99,
        cpuMicroseconds,
        acknowledged: acknowledged.length,
        recorded: await recorded(numbered(done, offset)),
      })
    }
  }
  return figures
}

/** SIGKILL when half of them are acknowledged, and a start. */
export async function killed(
  contestants: readonly Contestant[],
  { hooks }: Size,
  say: Say,
): Promise<{ contestant: string; acknowledged: number; recorded: number }[]> {
  const figures = []
  const offset = 1_000_000
  for (const { name, hook, recorded, running, start } of contestants) {
    say(`a kill in the middle of a burst: ${name}`)
    const first = running()
    const done = await burst(
      hooks,
      (number) => hook(offset + number),
      (total) => total === Math.floor(hooks / 2) && first.kill('SIGKILL'),
    )
    await first.exited
    await start()
    figures.push({
      contestant: name,
      acknowledged: done.acknowledged.length,
      recorded: await recorded(numbered(done, offset)),
    })
  }
  return figures
}

/** Resident memory in MiB while refusals come, and last after a rest. */
export async function memory(
  { url, running }: Contestant,
  { refusals, seconds }: Size,
  say: Say,
): Promise<{ refusals: number; mib: number }[]> {
  const figures: { refusals: number; mib: number }[] = []
  let done = 0
  const note = () => figures.push({ refusals: done, mib: memoryOf(running().pid) })
  note()
  while (done < refusals) {
    say(`memory: ${done} of ${refusals} refusals`)
    done += (await refuse(url, 'github', Math.ceil(seconds / 4))).requests
    note()
  }
  await pause(REST_MS)
  note()
  return figures
}

const numbered = ({ acknowledged }: Burst, offset: number) =>
  acknowledged.map(({ number, text }) => ({ number: offset + number, text }))
