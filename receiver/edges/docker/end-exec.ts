import { readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Container, Exec } from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import { retryReads } from './retry-reads.ts'

const LOOK_MS = 200
/** For what it does at a hang-up. */
const GRACE_MS = 5000

/**
 * Ends a command that runs in a container, with all that it started in its session: by a hang-up, as when a terminal is closed, and
 * if that does not do, by SIGKILL. Docker has no call for it, so its process is signalled. Throws `DeployError` where the receiver
 * cannot do that: it goes on.
 */
export async function endExec(exec: Exec, container: Container): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
    const { Running, Pid } = await retryReads(() => exec.inspect())
    if (!Running) return
    const { State, Name } = await retryReads(() => container.inspect())
    if (!isWithin(Pid, State.Pid) || !send(Pid, signal)) throw goesOn(Name.slice(1))
    if (await hasEnded(exec)) return
  }
}

/** Whether both are in one container: it may be another machine's number, or have gone to another process. */
function isWithin(pid: number, container: number): boolean {
  const [own, its, theirs] = ['self', pid, container].map(mountsOf)
  return its !== undefined && its === theirs && its !== own
}

function mountsOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return undefined
  }
}

/** `false`: the receiver may not. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    // it leads a group of its own
    return process.kill(-pid, signal)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function hasEnded(exec: Exec): Promise<boolean> {
  for (let waited = 0; waited < GRACE_MS; waited += LOOK_MS) {
    if (!(await retryReads(() => exec.inspect())).Running) return true
    await pause(LOOK_MS)
  }
  return false
}

const goesOn = (container: string) =>
  new DeployError(
    'engine_unreachable',
    `a command goes on in ${container}: whoever ran it is gone, and the receiver may not signal it`,
    { hint: `docker top ${container} shows it; end it by kill, or by deploy-receiver restart` },
  )
