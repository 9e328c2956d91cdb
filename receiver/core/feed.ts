/** Tells waiting readers that a deployment changed, or one of an app; what changed they read from the store. */
export interface Feed {
  changed(id: string): void
  /** Another one after each change of anything: what was read under the same one is still so. */
  revision(): number
  /** Resolves at the next change of the deployment or app, or when the signal aborts. Subscribed when the call returns. */
  next(id: string, signal: AbortSignal): Promise<void>
}

/** Changes with whatever changes; no app and no deployment is called so. */
export const ANYTHING = '*'

export function createFeed(): Feed {
  const waiting = new Map<string, Set<() => void>>()
  let changes = 0
  return {
    revision: () => changes,
    changed(id) {
      changes += 1
      const readers = waiting.get(id)
      waiting.delete(id)
      for (const wake of readers ?? []) wake()
    },
    next(id, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      if (signal.aborted) resolve()
      const readers = waiting.get(id) ?? new Set()
      waiting.set(id, readers.add(resolve))
      const abort = () => {
        readers.delete(resolve)
        if (readers.size === 0 && waiting.get(id) === readers) waiting.delete(id)
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
      return promise.finally(() => signal.removeEventListener('abort', abort))
    },
  }
}
