/** So much is read ahead of whoever takes it. */
const MOST_WAITING = 1000

/** What several sources yield, as it comes; sources may be added while it is read. Ends when all of them have, and nobody holds it open. */
export function createMerge<T>() {
  const waiting: T[] = []
  let arrived = () => {}
  let taken = () => {}
  let room: Promise<void> | undefined
  let open = 0
  let failure: { error: unknown } | undefined

  /** Keeps it open until what is returned is called. */
  const hold = (): (() => void) => {
    open += 1
    return () => {
      open -= 1
      arrived()
    }
  }

  const pump = async (source: AsyncIterable<T>) => {
    for await (const each of source) {
      waiting.push(each)
      arrived()
      while (waiting.length >= MOST_WAITING) {
        room ??= new Promise((resolve) => {
          taken = resolve
        })
        await room
      }
    }
  }

  return {
    hold,
    add(source: AsyncIterable<T>): void {
      const release = hold()
      void pump(source)
        .catch((error: unknown) => {
          failure = { error }
        })
        .finally(release)
    },
    async *read(): AsyncGenerator<T> {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) {
          if (waiting.length < MOST_WAITING / 2) {
            room = undefined
            taken()
          }
          yield next
          continue
        }
        if (failure !== undefined) throw failure.error
        if (open === 0) return
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    },
  }
}
