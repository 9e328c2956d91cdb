import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { exec } from '@actions/exec'

export interface CommandRun {
  env: NodeJS.ProcessEnv
  /** Ends the command; what it says on its way down still comes. */
  signal: AbortSignal
  onLine: (line: string, source: 'stdout' | 'stderr') => void
  /** That of the runner, unless a test says otherwise. */
  platform?: NodeJS.Platform
}

/** What a shell says of a command that was killed. */
const KILLED = 130
/** What a command may take to end by itself. The runner kills the whole job 10 s after it cancelled it. */
const GRACE_MS = 5000

/**
 * Runs a command by the toolkit (which finds `.exe` and `.cmd` on Windows, and quotes for them), with nothing on its standard
 * input, and resolves to its exit status. Nothing is printed here.
 * @param path where it is
 */
export const runCommand = async (
  path: string,
  args: readonly string[],
  { env, signal, onLine, platform = process.platform }: CommandRun,
): Promise<number> => {
  const stdout = readLines((line) => onLine(line, 'stdout'))
  const stderr = readLines((line) => onLine(line, 'stderr'))
  const handling = handleChildren(signal, platform)
  try {
    const status = (await exec(`"${path}"`, [...args], {
      env: env as Record<string, string>,
      // it would print what the command says as it is, and a line of it could be a workflow command
      silent: true,
      ignoreReturnCode: true,
      listeners: { stdout: stdout.write, stderr: stderr.write },
    })) as number | null
    await Promise.all([stdout.end(), stderr.end()])
    return status ?? KILLED
  } finally {
    handling.stop()
  }
}

/** Bytes become lines as they come. The toolkit's own `stdline` breaks characters in two and forgets a last line without an end. */
function readLines(onLine: (line: string) => void) {
  const bytes = new PassThrough()
  const lines = createInterface({ input: bytes, crlfDelay: Infinity }).on('line', onLine)
  const closed = once(lines, 'close')
  return {
    write: (data: Buffer) => void bytes.write(data),
    end: async () => {
      bytes.end()
      await closed
    },
  }
}

/**
 * Looks after the processes that are started until `stop`: their standard input is at its end, and once the signal aborts
 * they get SIGINT, as from a terminal, then SIGKILL. On Windows the runner's Ctrl-C has reached them by their console already, and
 * what Node calls SIGINT there would kill them in the middle of ending. The toolkit hands no child out; Node tells of each
 * one that it makes.
 */
function handleChildren(signal: AbortSignal, platform: NodeJS.Platform): { stop: () => void } {
  const children: ChildProcess[] = []
  let timer: NodeJS.Timeout | undefined
  const kill = (name: NodeJS.Signals) => children.forEach((child) => child.kill(name))
  const end = () => {
    if (platform !== 'win32') kill('SIGINT')
    timer ??= setTimeout(() => kill('SIGKILL'), GRACE_MS)
  }
  const onChild = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess }
    children.push(child)
    child.once('spawn', () => {
      child.stdin?.destroy()
      if (signal.aborted) end()
    })
  }
  subscribe('child_process', onChild)
  signal.addEventListener('abort', end)
  return {
    stop: () => {
      unsubscribe('child_process', onChild)
      signal.removeEventListener('abort', end)
      clearTimeout(timer)
    },
  }
}
