import { lineOf } from './log.ts'
import type { Bookkeeping, StoredDeployment } from './journal.ts'
import type { Progress } from './rollout.ts'

/** Lines about a step under way are an extra: that one cannot be kept decides nothing, wherever it comes from. */
export function tellProgress(
  { deployment }: StoredDeployment,
  step: string,
  { journal, clock, report }: Bookkeeping,
): Progress {
  let isTold = false
  return (progress) => {
    try {
      journal.append(deployment.id, { type: 'progress', at: clock.now(), step, ...progress })
    } catch (error) {
      if (isTold) return
      isTold = true
      report(`a line of ${step} cannot be kept`, { ...lineOf(deployment), step, error })
    }
  }
}
