import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

let inThisTurn: readonly string[] | undefined

/**
 * Of this machine to the world, and not to its own containers. What begins with fe80 is good for nothing without its zone. The system is
 * asked once in a turn of the event loop: each container has an interface, and a start looks for each app at once.
 */
export function ownAddresses(): readonly string[] {
  if (inThisTurn === undefined) {
    inThisTurn = readAddresses()
    setImmediate(() => (inThisTurn = undefined))
  }
  return inThisTurn
}

const readAddresses = (): string[] =>
  Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    BRIDGE.test(name)
      ? []
      : all.flatMap(({ internal, address }) =>
          internal || address.startsWith('fe80:') ? [] : [address],
        ),
  )

const BRIDGE = /^(?:docker|br-|veth|cni|podman|virbr|lxc)/

/**
 * Whether an IPv4 address is one of this machine, whatever has it. Node's list leaves out what has no carrier, and a bridge has none
 * while no container runs on it; its address is there all the same.
 */
export async function isOwnAddress(address: string): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind({ address, port: 0 })
    await once(socket, 'listening')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return false
    throw error
  } finally {
    socket.close()
  }
}
