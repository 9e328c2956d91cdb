/** One at a time, in the order in which they ask. */
export interface Turns {
  /** Resolves when the ones before are over, to what ends this one. Rejects with the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return {
    async take(signal) {
      const before = last
      let end = () => {}
      const over = new Promise<void>((resolve) => (end = resolve))
      last = before.then(() => over)
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([before, stopped])
      // whoever stops waiting keeps nobody waiting
      if (signal.aborted) end()
      signal.throwIfAborted()
      return end
    },
  }
}
