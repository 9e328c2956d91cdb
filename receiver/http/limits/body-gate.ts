/** Lets in so many at once, of one address fewer, and the others in turn. */
export interface BodyGate {
  /** Runs `work` when there is room. Throws `GateClosed` when there was none in time. */
  enter<T>(address: string, work: () => Promise<T>): Promise<T>
}

export class GateClosed extends Error {}

interface Waiting {
  address: string
  open: () => void
}

/**
 * Bounds the bodies of strangers that are read at once. A sender that drips holds only its own address's share, until the
 * server cuts it.
 */
export function createBodyGate({
  atOnce,
  perAddress,
  maxWaiting,
  waitMs,
}: {
  atOnce: number
  perAddress: number
  maxWaiting: number
  waitMs: number
}): BodyGate {
  const inside = new Map<string, number>()
  let total = 0
  const waiting = new Set<Waiting>()
  const hasRoom = (address: string) => total < atOnce && (inside.get(address) ?? 0) < perAddress
  const come = (address: string) => {
    total++
    inside.set(address, (inside.get(address) ?? 0) + 1)
  }
  const go = (address: string) => {
    total--
    const left = (inside.get(address) ?? 1) - 1
    if (left === 0) inside.delete(address)
    else inside.set(address, left)
    for (const next of waiting) {
      if (!hasRoom(next.address)) continue
      waiting.delete(next)
      come(next.address)
      next.open()
      return
    }
  }
  const wait = (address: string) =>
    new Promise<void>((resolve, reject) => {
      const entry = { address, open: () => (clearTimeout(timer), resolve()) }
      const timer = setTimeout(() => {
        waiting.delete(entry)
        reject(new GateClosed())
      }, waitMs)
      waiting.add(entry)
    })

  return {
    async enter(address, work) {
      if (hasRoom(address)) come(address)
      else if (waiting.size >= maxWaiting) throw new GateClosed()
      else await wait(address)
      try {
        return await work()
      } finally {
        go(address)
      }
    },
  }
}
