import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** For what is known to come: only what hangs takes so long, also on a machine that is busy. */
const DEADLINE_MS = 120_000

/** A program that runs beside us until it is stopped. */
export interface Running {
  name: string
  pid: number
  /** The last lines that it printed, standard output and error as one. */
  log(lines?: number): string
  /** Resolves when it ended, for whatever reason. */
  exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, `graceMs` (a minute), SIGKILL. */
  stop(graceMs?: number): Promise<Exit>
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/**
 * Starts a program in a session of its own, so that Ctrl-C in a terminal reaches us and not it. Its output goes to
 * `dir/NAME.log`, which it can still write to when we are gone.
 */
export async function startProcess({
  dir,
  name,
  command,
  args,
  env = process.env,
  cwd = dir,
}: {
  dir: string
  name: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
}): Promise<Running> {
  const logFile = join(dir, `${name}.log`)
  const output = openSync(logFile, 'a')
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const exited = exitOf(child)
  await started(child, name)
  const pid = child.pid ?? 0
  const kill = (signal: NodeJS.Signals) => void child.kill(signal)
  return {
    name,
    pid,
    exited,
    kill,
    log: (lines = 20) => lastLines(logFile, lines),
    async stop(graceMs = 60_000) {
      kill('SIGTERM')
      const ended = await Promise.race([exited, pause(graceMs, undefined, { ref: false })])
      if (ended !== undefined) return ended
      kill('SIGKILL')
      return exited
    },
  }
}

/**
 * Asks again and again until `check` gives something other than `undefined` and `false`. Throws with `what` and the
 * program's last lines when it ended before, or when `deadlineMs` passed.
 */
export async function waitFor<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  {
    what,
    running,
    deadlineMs = DEADLINE_MS,
    everyMs = 100,
  }: { what: string; running?: Running; deadlineMs?: number; everyMs?: number },
): Promise<T> {
  let ended: Exit | undefined
  void running?.exited.then((exit) => (ended = exit))
  const end = performance.now() + deadlineMs
  let reason = ''
  for (;;) {
    try {
      const found = await check()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      reason = `\nlast attempt: ${error instanceof Error ? error.message : String(error)}`
    }
    const log = running === undefined ? '' : `\n${running.name} printed:\n${running.log()}`
    if (ended !== undefined) {
      throw new Error(`${what}: ${running?.name} ended with ${ended.signal ?? ended.code}${log}`)
    }
    if (performance.now() > end)
      throw new Error(`${what}: not within ${deadlineMs} ms${reason}${log}`)
    await pause(everyMs)
  }
}

/** Waits until a URL answers with 2xx. */
export async function waitForUrl(
  url: string,
  running: Running,
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const answers = async () => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok
  await waitFor(answers, { what: `${url} did not answer`, running, deadlineMs })
}

const exitOf = (child: ChildProcess) =>
  new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: 127, signal: null }))
  })

const started = (child: ChildProcess, name: string) =>
  new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(
        new Error(`cannot start ${name}: ${cause.message}; script/bootstrap installs it`, {
          cause,
        }),
      ),
    )
  })

function lastLines(file: string, lines: number): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
