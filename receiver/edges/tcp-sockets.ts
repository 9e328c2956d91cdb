import { readFileSync } from 'node:fs'

/** A TCP socket, in the kernel's own words. */
export interface TcpSocket {
  /** Hexadecimal, each group of four bytes in the machine's order. */
  address: string
  port: number
  /** As in include/net/tcp_states.h: `01` is ESTABLISHED, `0A` listens. */
  state: string
  /** By which a process has it. */
  inode: string
}

/**
 * The TCP sockets of a process's network namespace, of both families; `undefined` when the process is gone. A socket that
 * listens on all addresses of both families is one of IPv6.
 */
export function tcpSockets(pid: number): TcpSocket[] | undefined {
  if (pid <= 0) return undefined
  const tables = [read(`/proc/${pid}/net/tcp`), read(`/proc/${pid}/net/tcp6`)]
  if (tables.every((table) => table === undefined)) return undefined
  return tables.flatMap((table) => readTable(table ?? ''))
}

/** The sockets in the text of a `/proc/net/tcp` or `tcp6`. */
export const readTable = (text: string): TcpSocket[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const [address = '', port] = local.split(':')
      return port === undefined || state === undefined
        ? []
        : [{ address, port: Number.parseInt(port, 16), state, inode }]
    })

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // the process ended, or the kernel has no IPv6
    return undefined
  }
}
