import { isStoreFailure } from './errors.ts'

/** Runs `work` in a transaction that it shares with others. Resolves once that is durable; rejects with what `work` threw. */
export type Together = <T>(work: () => T) => Promise<T>

/** So many wait for one write at most: nothing else is heard before these are durable. */
export const MOST_TOGETHER = 500

interface Waiting {
  run: () => () => void
  reject: (error: unknown) => void
}

/**
 * Writes at once what comes at the same moment: the disk is waited for once, not by each in turn. What one throws takes back
 * its own alone; when nothing can be written, all are told so. Not to be asked within a transaction.
 */
export function createGroupCommit({
  transaction,
  part,
  soon,
}: {
  transaction(work: () => void): void
  /** Within a transaction: what `work` throws takes back what it wrote, and nothing else. */
  part<T>(work: () => T): T
  /** Calls back when all has been heard that arrived by now. */
  soon(callback: () => void): void
}): Together {
  let waiting: Waiting[] = []

  const commit = () => {
    const all = waiting
    // they were too many to wait for this
    if (all.length === 0) return
    waiting = []
    const answers: (() => void)[] = []
    try {
      transaction(() => {
        for (const { run } of all) answers.push(run())
      })
    } catch (error) {
      for (const { reject } of all) reject(error)
      return
    }
    for (const answer of answers) answer()
  }

  return (work) =>
    new Promise((resolve, reject) => {
      const run = () => {
        try {
          const result = part(work)
          return () => resolve(result)
        } catch (error) {
          // the transaction may be over, and whatever came now would be on its own
          if (isStoreFailure(error)) throw error
          return () => reject(error)
        }
      }
      const count = waiting.push({ run, reject })
      if (count === 1) soon(commit)
      if (count === MOST_TOGETHER) commit()
    })
}
