import { ANYTHING, type Feed } from '../../core/feed.ts'

/** What changes without an event is as old as that at most. */
const FRESH_MS = 1000

/**
 * Makes something once for all who ask for it before anything changes: however many look, a change costs what one of them does.
 * A failure is nobody's but theirs who waited for it.
 */
export function sharedUntilChanged<T>(
  feed: Pick<Feed, 'next'>,
): (what: string, make: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, Promise<T>>()
  return (what, make) => {
    const known = kept.get(what)
    if (known !== undefined) return known
    // heard from before the first thing is read
    const changed = feed.next(ANYTHING, AbortSignal.timeout(FRESH_MS))
    const made = make()
    kept.set(what, made)
    const forget = () => {
      if (kept.get(what) === made) kept.delete(what)
    }
    void changed.then(forget)
    made.catch(forget)
    return made
  }
}
