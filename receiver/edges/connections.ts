import { readFileSync } from 'node:fs'

/**
 * TCP states in which a connection still serves a client, as /proc/net/tcp writes them (include/net/tcp_states.h):
 * ESTABLISHED, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT. The others are listening, over, or only waiting for a last
 * acknowledgement.
 */
const SERVING = new Set(['01', '03', '04', '05', '08'])

/**
 * Connections to a port of a container, counted in the container's own network namespace, so it does not matter where
 * Nginx runs. `undefined` when the process is gone.
 */
export function countConnections({ pid, port }: { pid: number; port: number }): number | undefined {
  if (pid <= 0) return undefined
  const tcp = read(`/proc/${pid}/net/tcp`)
  const tcp6 = read(`/proc/${pid}/net/tcp6`)
  if (tcp === undefined && tcp6 === undefined) return undefined
  return countIn(tcp ?? '', port) + countIn(tcp6 ?? '', port)
}

/** Counts in the text of a `/proc/net/tcp` or `tcp6`. A socket that listens on all addresses and families is in `tcp6`. */
export function countIn(text: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && SERVING.has(state ?? '')).length
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // the process ended, or the kernel has no IPv6
    return undefined
  }
}
