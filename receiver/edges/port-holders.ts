import { readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { tcpSockets } from './tcp-sockets.ts'

/** A process that listens. */
export interface Holder {
  pid: number
  /** `nginx`, `docker-proxy`. */
  program: string
}

const LISTENS = '0A'

/**
 * Who listens at these ports on this machine, of several addresses each. Of a socket whose process this user may not look at, the holder
 * is `undefined`; a port at which nobody listens is not in the map.
 */
export async function portHolders(
  ports: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, (Holder | undefined)[]>> {
  const sockets = (tcpSockets(process.pid) ?? []).filter(
    ({ state, port }) => state === LISTENS && ports.includes(port),
  )
  const holders = await holdersOf(new Set(sockets.map(({ inode }) => inode)), signal)
  const byPort = Map.groupBy(sockets, ({ port }) => port)
  return new Map(
    [...byPort].map(([port, all]) => [port, all.map(({ inode }) => holders.get(inode))]),
  )
}

async function holdersOf(
  inodes: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Map<string, Holder>> {
  const held = new Map<string, Holder>()
  if (inodes.size === 0) return held
  const pids = (await readdir('/proc')).flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []))
  // who listens was mostly started long ago
  for (const pid of pids.toSorted((one, other) => one - other)) {
    signal.throwIfAborted()
    if (held.size === inodes.size) break
    const own = (await socketsOf(pid)).filter((inode) => inodes.has(inode) && !held.has(inode))
    if (own.length === 0) continue
    const holder = { pid, program: await programOf(pid) }
    for (const inode of own) held.set(inode, holder)
  }
  return held
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  // it ended, or is another user's
  const files = await readdir(folder).catch(() => [])
  const links = await Promise.all(
    files.map((file) => readlink(`${folder}/${file}`).catch(() => '')),
  )
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

/** By its file: its own name is up to a process, and Node's is none. */
async function programOf(pid: number): Promise<string> {
  const file = await readlink(`/proc/${pid}/exe`).catch(() => '')
  return basename(file.replace(/ \(deleted\)$/, '')) || 'a process that ended'
}
