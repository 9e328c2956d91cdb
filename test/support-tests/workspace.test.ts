// @module-tag long
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clearAbandoned, LOCK } from '../support/abandoned.ts'
import { reserveSubnet } from '../support/ports.ts'
import { startProcess, waitFor } from '../support/processes.ts'
import { openWorkspace } from '../support/workspace.ts'
import type { Abandoned } from './abandoned.ts'

const ABANDONED = fileURLToPath(new URL('abandoned.ts', import.meta.url))

/** Starts a stack in a process of its own, and tells what stands then. */
async function abandon(): Promise<Abandoned & { owner: ChildProcess; standing(): string[] }> {
  const owner = spawn(process.execPath, [ABANDONED], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void owner.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: owner.stdout }), 'line')
  const left = JSON.parse(String(line)) as Abandoned
  const standing = () =>
    Object.entries(left.traces).flatMap(([name, path]) => (existsSync(path) ? name : []))
  expect(standing()).toEqual(Object.keys(left.traces))
  return { ...left, owner, standing }
}

/** Processes that wait to clear a workspace away. */
const keepersOf = (dir: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return words.some((word) => word.endsWith('/keeper.ts')) && words.includes(dir)
      } catch {
        // it ended in this moment
        return false
      }
    })
    .map(Number)

describe('everything of a stack vanishes', () => {
  const vanishes = (standing: () => string[]) =>
    waitFor(() => standing().length === 0, { what: 'something stayed', deadlineMs: 240_000 }).catch(
      (error: unknown) => {
        throw new Error(`there is still ${standing().join(', ')}`, { cause: error })
      },
    )

  const TITLE = 'when the process that started it gets %s'
  test.for(['SIGKILL'] as const)(TITLE, vanishesAfter)
  test.for(['SIGTERM'] as const)(TITLE, { tags: 'long' }, vanishesAfter)

  async function vanishesAfter(signal: NodeJS.Signals): Promise<void> {
    const { owner, standing } = await abandon()
    owner.kill(signal)
    await vanishes(standing)
  }

  test('when its engine was killed before', { tags: 'long' }, async () => {
    const { owner, dockerd, traces, standing } = await abandon()
    process.kill(dockerd, 'SIGKILL')
    await waitFor(() => !existsSync(traces.dockerd), { what: 'the engine lives' })
    // they outlive their engine
    expect(standing()).toEqual(expect.arrayContaining(['shim', 'container', 'bridge']))
    owner.kill('SIGKILL')
    await vanishes(standing)
  })

  test('when a run begins and its keeper was killed as well', async () => {
    const { dir, owner, standing } = await abandon()
    for (const pid of keepersOf(dir)) process.kill(pid, 'SIGKILL')
    owner.kill('SIGKILL')
    await waitFor(() => keepersOf(dir).length === 0, { what: 'the keeper lives' })
    clearAbandoned(dirname(dir))
    await vanishes(standing)
  })
})

test('a workspace that somebody keeps is not taken for abandoned', async () => {
  const workspace = openWorkspace()
  const lock = join(workspace.dir, LOCK)
  await waitFor(() => existsSync(lock), { what: 'the keeper does not hold its lock' })
  // what clearAbandoned asks
  const { status } = spawnSync('flock', ['--nonblock', lock, 'true'])
  expect(status).not.toBe(0)
  await workspace.close()
  expect(existsSync(workspace.dir)).toBe(false)
  await waitFor(() => keepersOf(workspace.dir).length === 0, { what: 'the keeper stayed' })
})

test('a program that cannot be started is named, with the way to get it', async () => {
  const workspace = openWorkspace()
  const starting = startProcess({
    dir: workspace.dir,
    name: 'no-such-program',
    command: 'no-such-program',
    args: [],
  })
  await expect(starting).rejects.toThrow(/cannot start no-such-program: .*script\/bootstrap/)
  await workspace.close()
})

test('a wait ends with the last lines of the program that ended before', async () => {
  const workspace = openWorkspace()
  const running = await startProcess({
    dir: workspace.dir,
    name: 'short',
    command: 'sh',
    args: ['-c', 'echo the disk is full; exit 3'],
  })
  const waiting = waitFor(() => false, { what: 'it did not start', running })
  await expect(waiting).rejects.toThrow(
    /it did not start: short ended with 3\nshort printed:\nthe disk is full/,
  )
  await workspace.close()
})

test('two reservations never get the same network', async () => {
  const taken = await Promise.all(Array.from({ length: 20 }, reserveSubnet))
  expect(new Set(taken.map(({ subnet }) => subnet)).size).toBe(20)
  await Promise.all(taken.map(({ release }) => release()))
})
