import { setTimeout as pause } from 'node:timers/promises'

/** Often enough to meet every moment of a swap, and no more than a small machine can take beside it. */
const PAUSE_MS = 5

/** Does something over and over, beside what a test does. */
export function allTheWhile(work: () => Promise<unknown>): { stop(): Promise<void> } {
  let over = false
  const working = (async () => {
    while (!over) {
      await work()
      await pause(PAUSE_MS)
    }
  })()
  // whoever stops it hears of its failure
  working.catch(() => {})
  return {
    async stop() {
      over = true
      await working
    },
  }
}
