import type { Log } from '../core/log.ts'
import { giveMemoryBack, STARTED_MS } from './give-memory-back.ts'
import type { OpenStore } from './open-store.ts'

const FORGET_EVERY_MS = 10 * 60 * 1000
const TIDY_EVERY_MS = 60 * 60 * 1000
const FLUSH_EVERY_MS = 1000
const SAY_EVERY_MS = 60 * 1000

/** What is done again and again while the receiver runs. Returns what ends it. */
export function startHousekeeping({
  store: { journal, idempotency, intake, audit, refusals, outbox, previews },
  tidy,
  log,
}: {
  store: Pick<
    OpenStore,
    'journal' | 'idempotency' | 'intake' | 'audit' | 'refusals' | 'outbox' | 'previews'
  >
  /** Removes what the apps do not keep. */
  tidy: () => void
  log: Log
}): () => void {
  // a full disk must not end the receiver: it goes on when there is room
  const every = (ms: number, work: () => void) => {
    let saidAt = -Infinity
    return setInterval(() => {
      try {
        work()
      } catch (error) {
        if (performance.now() - saidAt < SAY_EVERY_MS) return
        saidAt = performance.now()
        log('error', 'housekeeping failed: trying again', { error })
      }
    }, ms)
  }
  const timers = [
    every(FORGET_EVERY_MS, () => {
      idempotency.prune(intake.nowSeconds())
      audit.prune(new Date(intake.now()))
      outbox.prune(new Date(intake.now()))
      previews.prune(new Date(intake.now()))
      journal.pruneEvents()
    }),
    every(TIDY_EVERY_MS, tidy),
    every(TIDY_EVERY_MS, giveMemoryBack),
    setTimeout(giveMemoryBack, STARTED_MS),
    every(FLUSH_EVERY_MS, refusals.flush),
  ]
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}
