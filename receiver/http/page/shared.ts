import { ANYTHING, type Feed } from '../../core/feed.ts'

/** What changes without an event is as old as that at most. */
const FRESH_MS = 1000

/** A step of a deployment is several events: what comes within so long is shown together. */
export const TOGETHER_MS = 250

/**
 * Makes something once for all who ask for it before anything changes: however many look, a change costs what one of them does.
 * A failure is nobody's but theirs who waited for it.
 */
export function sharedUntilChanged<T>(feed: Pick<Feed, 'next'>) {
  const kept = new Map<string, { made: Promise<T>; isCurrent: boolean }>()
  /**
   * @param of the app whose changes it shows; all, when nothing is said
   * @param orJustBefore is content with what was so until `TOGETHER_MS` ago, and hears of what came since
   */
  return (
    { name, of = ANYTHING }: { name: string; of?: string | undefined },
    make: () => Promise<T>,
    { orJustBefore = false } = {},
  ): Promise<T> => {
    const known = kept.get(name)
    if (known !== undefined && (known.isCurrent || orJustBefore)) return known.made
    // heard from before the first thing is read
    const changed = feed.next(of, AbortSignal.timeout(FRESH_MS))
    const it = { made: make(), isCurrent: true }
    kept.set(name, it)
    const forget = () => {
      if (kept.get(name) === it) kept.delete(name)
    }
    void changed.then(() => {
      it.isCurrent = false
      setTimeout(forget, TOGETHER_MS).unref()
    })
    it.made.catch(forget)
    return it.made
  }
}
