import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { type Trace, tracesOf } from './traces.ts'

/** In the directory of an engine with a network of its own: the bridge on this machine that leads to it. */
export const BRIDGE_FILE = 'bridge'
/** How deep below a directory an engine may lie. */
const DEPTH = 4
const GRACE_MS = 10_000
/** On a machine that is busy even what was killed takes its time to be gone. */
const GONE_MS = 60_000
const LOOK_MS = 100
/** Of hundreds of containers the last one waits for all others. */
const EMPTY_MS = 120_000

/**
 * Removes whatever was started under a directory: ends the programs, empties and ends the private Docker engines (so
 * that no bridge interface stays), takes down their mounts and removes the directory. What that is, the process table
 * says: it needs no knowledge of who started what, so it also works after a crash, and when an engine is dead already.
 * With `environments` it also ends who was handed the directory down in a variable, as all processes of a run are.
 */
export async function clearAway(
  dir: string,
  { environments = false }: { environments?: boolean } = {},
): Promise<void> {
  const engines = enginesBelow(dir, DEPTH)
  const containers = new Set<string>()
  const traces = () => {
    const ids = engines.flatMap((engine) => entriesOf(join(engine, 'store/containers')))
    ids.forEach((id) => containers.add(id))
    return tracesOf(dir, { containers: [...containers], environments })
  }

  await end(() => traces().filter(({ isEngine }) => !isEngine))
  for (const engine of engines) {
    const socket = join(engine, 'docker.sock')
    if (existsSync(socket)) await emptyEngine(socket).catch(() => undefined)
  }
  // it ends its containerd and takes down its mounts
  await end(() => traces().filter(({ program }) => program === 'dockerd'))
  // what runs in a container as its first process hears no SIGTERM
  await end(traces, { graceMs: 1000 })
  const bridges = engines.flatMap(bridgesOf)
  for (const bridge of bridges.filter((each) => existsSync(`/sys/class/net/${each}`))) {
    attempt('ip', ['link', 'delete', bridge])
  }
  unmountBelow(dir)
  rmSync(dir, { recursive: true, force: true, maxRetries: 10 })
}

/** Removes all containers and user networks of an engine. Only ever called with a private one's socket. */
export async function emptyEngine(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath, timeout: EMPTY_MS })
  const { Swarm } = (await docker.info()) as { Swarm?: { LocalNodeState?: string } }
  // a swarm would start its tasks again
  if (Swarm?.LocalNodeState !== 'inactive') await docker.swarmLeave({ force: true })
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
    attempt('umount', ['--lazy', target])
  }
}

/** SIGTERM for each, whenever it turns up; SIGKILL for those that are still there after a while. */
async function end(find: () => Trace[], { graceMs = GRACE_MS } = {}): Promise<void> {
  const asked = new Set<number>()
  const began = performance.now()
  for (;;) {
    const found = find()
    const passed = performance.now() - began
    if (found.length === 0 || passed > graceMs + GONE_MS) return
    for (const { pid } of found) {
      if (passed > graceMs) signal(pid, 'SIGKILL')
      else if (!asked.has(pid)) signal(pid, 'SIGTERM')
      asked.add(pid)
    }
    await pause(LOOK_MS)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // ended in the meantime
  }
}

/** What is gone already needs no command. */
function attempt(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
  } catch {
    // the directory stays then, and whoever looks into it sees why
  }
}

/** The directories of private engines, by the config file that each has of its own. */
function enginesBelow(dir: string, depth: number): string[] {
  if (depth === 0) return []
  return entriesOf(dir).flatMap((name) => {
    const path = join(dir, name)
    if (name === 'daemon.json') return dirname(path)
    return name === 'store' ? [] : enginesBelow(path, depth - 1)
  })
}

/** Interfaces of an engine on this machine: of its networks, by the ids in its store, and the bridge that its directory names. */
function bridgesOf(engine: string): string[] {
  const named = join(engine, BRIDGE_FILE)
  if (existsSync(named)) return [readFileSync(named, 'utf8')]
  const store = join(engine, 'store/network/files/local-kv.db')
  if (!existsSync(store)) return []
  const ids = readFileSync(store, 'latin1').match(/[0-9a-f]{64}/g) ?? []
  return [...new Set(ids.map((id) => `br-${id.slice(0, 12)}`))]
}

/** Names in a directory; none when it is no directory, or gone. */
function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
