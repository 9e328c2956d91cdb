import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { reserveSubnet } from '../support/ports.ts'
import { startProcess, waitFor } from '../support/processes.ts'
import { openWorkspace } from '../support/workspace.ts'

const ABANDONED = fileURLToPath(new URL('abandoned.ts', import.meta.url))

test('everything of a stack vanishes when the process that started it is killed', async () => {
  const child = spawn(process.execPath, [ABANDONED], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { dir, pid, bridge } = JSON.parse(String(line)) as Record<'dir' | 'pid' | 'bridge', string>
  const traces = [dir, `/proc/${pid}/exe`, `/sys/class/net/${bridge}`]
  expect(traces.filter((path) => existsSync(path))).toEqual(traces)

  child.kill('SIGKILL')

  await waitFor(() => !existsSync(dir), { what: `${dir} stayed` })
  expect(traces.filter((path) => existsSync(path))).toEqual([])
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
