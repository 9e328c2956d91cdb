import { SocketAddress } from 'node:net'
import { endianness } from 'node:os'
import type { Listener } from '../core/slots/ports.ts'
import { type TcpSocket, tcpSockets } from './tcp-sockets.ts'

const LISTENS = '0A'
/** Docker's own name server, in every container on a network that somebody made. */
const NAME_SERVER = '127.0.0.11'

/** What listens in a container's network namespace; nothing of a process that is gone. */
export const listenersOf = ({ pid }: { pid: number }): Listener[] =>
  listenersIn(tcpSockets(pid) ?? [])

export const listenersIn = (sockets: readonly TcpSocket[]): Listener[] =>
  sockets
    .filter(({ state }) => state === LISTENS)
    .map(({ address, port }) => ({ address: inWords(address), port }))
    .filter(({ address }) => address !== NAME_SERVER)

/** `127.0.0.1` of `0100007F`. An IPv4 address that IPv6 maps is itself. */
function inWords(hexadecimal: string): string {
  const groups = Buffer.from(hexadecimal, 'hex')
  if (endianness() === 'LE' && groups.byteLength % 4 === 0) groups.swap32()
  if (groups.byteLength !== 16) return groups.join('.')
  const isMapped = groups.subarray(0, 12).toString('hex') === MAPPED
  if (isMapped) return groups.subarray(12).join('.')
  const address = groups.toString('hex').replace(/(.{4})(?=.)/g, '$1:')
  return new SocketAddress({ address, family: 'ipv6' }).address
}

/** RFC 4291, section 2.5.5.2. */
const MAPPED = '00000000000000000000ffff'
