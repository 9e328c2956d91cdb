import { DeployError, type DeployErrorCode } from '../errors.ts'
import type { Clock } from '../clock.ts'

/** What may be over in a moment. A login that is refused or an image that is missing is not tried twice. */
const PASSING: ReadonlySet<DeployErrorCode> = new Set(['registry_unreachable', 'registry_busy'])
const PAUSES_MS = [1000, 3000, 9000]
/** A deployment does not wait for a registry that wants to be left alone for longer. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Asks a registry again, a few times and ever later, or when it says itself, when it fails in a way that passes. `said` hears
 * of each pause.
 */
export async function retryLater<T>(
  ask: () => Promise<T>,
  { clock, said, signal }: { clock: Clock; said: (line: string) => void; signal: AbortSignal },
): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof DeployError) || !PASSING.has(error.code)) throw error
      const { retryAfterMs = 0 } = error
      if (retryAfterMs > LONGEST_PAUSE_MS) throw error
      const ms = Math.max(pause, retryAfterMs)
      said(`${error.message}; again in ${ms / 1000} s`)
      await clock.sleep(ms, signal)
    }
  }
  return ask()
}
