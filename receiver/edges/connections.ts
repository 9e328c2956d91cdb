import { type TcpSocket, tcpSockets } from './tcp-sockets.ts'

/**
 * States in which a connection still serves a client: ESTABLISHED, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT. The others are
 * listening, over, or only waiting for a last acknowledgement.
 */
const SERVING = new Set(['01', '03', '04', '05', '08'])

/**
 * Connections to a port of a container, counted in the container's own network namespace, so it does not matter where
 * Nginx runs. `undefined` when the process is gone.
 */
export function countConnections({ pid, port }: { pid: number; port: number }): number | undefined {
  const sockets = tcpSockets(pid)
  return sockets === undefined ? undefined : countIn(sockets, port)
}

export const countIn = (sockets: readonly TcpSocket[], port: number): number =>
  sockets.filter((socket) => socket.port === port && SERVING.has(socket.state)).length
