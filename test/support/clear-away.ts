import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'

const DEPTH = 4
const CLOCK_TICKS_PER_SECOND = 100
const GRACE_MS = 10_000
/** Of hundreds of containers the last one waits for all others. */
const EMPTY_MS = 120_000

/**
 * Removes whatever was started under a directory, by what the directory itself says: its `*.pid` files and engine
 * sockets. Ends the programs, empties and ends the private Docker engines (so that no bridge interface stays), takes
 * down their mounts and removes the directory. Needs no knowledge of who started what, so it also works after a crash.
 */
export async function clearAway(dir: string): Promise<void> {
  const files = walk(dir, DEPTH)
  const pidFiles = files.filter((file) => file.endsWith('.pid'))
  const isEngine = (file: string) => /^(dockerd|containerd)\.pid$/.test(basename(file))
  await endAll(pidFiles.filter((file) => !isEngine(file)))
  for (const socket of files.filter((file) => basename(file) === 'docker.sock')) {
    await emptyEngine(socket).catch(() => undefined)
  }
  // dockerd ends its containerd; what is left is asked too
  await endAll(pidFiles.filter((file) => basename(file) === 'dockerd.pid'))
  await endAll(pidFiles.filter(isEngine))
  unmountBelow(dir)
  rmSync(dir, { recursive: true, force: true })
}

/** Removes all containers and user networks of an engine. Only ever called with a private one's socket. */
export async function emptyEngine(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath, timeout: EMPTY_MS })
  const containers = await docker.listContainers({ all: true })
  await Promise.all(
    containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
  )
  const networks = await docker.listNetworks()
  const own = networks.filter(({ Name }) => !['bridge', 'host', 'none'].includes(Name))
  await Promise.all(own.map(({ Id }) => docker.getNetwork(Id).remove()))
}

/** Takes down mounts below a directory, the deepest first. */
export function unmountBelow(dir: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target.startsWith(`${dir}/`))
  for (const target of mounts.sort((one, other) => other.length - one.length)) {
    execFileSync('umount', ['--lazy', target], { stdio: 'ignore' })
  }
}

async function endAll(pidFiles: readonly string[]): Promise<void> {
  const alive = () => pidFiles.map(processOf).filter((pid) => pid !== undefined)
  for (const pid of alive()) signal(pid, 'SIGTERM')
  const deadline = performance.now() + GRACE_MS
  while (alive().length > 0 && performance.now() < deadline) await pause(25)
  for (const pid of alive()) signal(pid, 'SIGKILL')
  while (alive().length > 0 && performance.now() < deadline + GRACE_MS) await pause(25)
}

/**
 * The living process that a pid file names; not one that got the same number after the file was written. A program that
 * ends takes its pid file with it, at any moment.
 */
function processOf(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return undefined
    const startedAt = startOf(pid)
    if (startedAt === undefined || startedAt > statSync(pidFile).mtimeMs + 2000) return undefined
    return pid
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** When a process started, in milliseconds since the epoch; nothing for one that ended, a zombie included. */
function startOf(pid: number): number | undefined {
  try {
    // fields follow the program's name, which may itself hold blanks and brackets: proc_pid_stat(5)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    if (stat[0] === 'Z' || stat[0] === 'X') return undefined
    return (bootSeconds + Number(stat[19]) / CLOCK_TICKS_PER_SECOND) * 1000
  } catch {
    return undefined
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // ended in the meantime
  }
}

/** Files to a depth, without the engines' and the registry's stores. */
function walk(dir: string, depth: number): string[] {
  if (depth === 0 || !existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (!entry.isDirectory()) return [path]
    return entry.name === 'store' ? [] : walk(path, depth - 1)
  })
}
