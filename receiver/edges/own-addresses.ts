import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

/** The system lists an interface of each container: with hundreds of them that takes longer than all that is asked at these addresses. */
const GOOD_FOR_MS = 10_000

let known: { addresses: readonly string[]; until: number } | undefined

/**
 * Of this machine to the world, and not to its own containers, as they were within the last 10 s. What begins with fe80 is good for
 * nothing without its zone.
 */
export function ownAddresses(nowMs = performance.now()): readonly string[] {
  if (known === undefined || nowMs >= known.until) {
    known = { addresses: readAddresses(), until: nowMs + GOOD_FOR_MS }
  }
  return known.addresses
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
