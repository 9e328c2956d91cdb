import { spawn } from 'node:child_process'

/** From asking it to end until it is ended. */
const GRACE_MS = 5000

interface Options {
  env: NodeJS.ProcessEnv
  limitMs: number
  /** What it reads. */
  input?: string
  signal?: AbortSignal | undefined
  /** Hears what it prints, as it comes; `false` ends it at once. */
  output: (text: string) => boolean
  errors: (text: string) => void
}

/**
 * Runs a program in a group of its own, without a shell, and ends all of that group at a deadline, when the signal aborts, and when the
 * program has ended. Resolves to its exit status: `undefined` when it did not end in its time, `null` when a signal ended it. Rejects as
 * `spawn` does, and with the reason of the signal.
 */
export async function runInGroup(
  program: string,
  args: readonly string[],
  { env, limitMs, input, signal, output, errors }: Options,
): Promise<number | null | undefined> {
  signal?.throwIfAborted()
  const child = spawn(program, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env })
  const kill = (by: NodeJS.Signals) => killGroup(child.pid, by)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!output(text)) kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', errors)
  // what is left of a group may keep them open, or end them anyhow
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  child.stdin.end(input)
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    kill('SIGTERM')
    killing = setTimeout(() => kill('SIGKILL'), GRACE_MS)
  }
  let isLate = false
  const timer = setTimeout(() => ((isLate = true), end()), limitMs)
  signal?.addEventListener('abort', end, { once: true })
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      // what it left behind goes with it, and holds its output open no longer
      child.once('exit', () => kill('SIGKILL'))
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    return isLate ? undefined : status
  } finally {
    clearTimeout(timer)
    clearTimeout(killing)
    signal?.removeEventListener('abort', end)
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it is gone
  }
}
