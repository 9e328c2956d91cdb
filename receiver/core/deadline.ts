import type { Clock } from './clock.ts'
import { DeployError } from './errors.ts'

/** What is told to end has so long to do so, before it is left alone. */
const GRACE_MS = 10_000

/**
 * Does something that has an end: after `limitMs` its signal aborts, and what does not hear that is left to itself. It is the
 * outermost deadline, for what the ones within do not see. Throws `timed_out`, or what `work` throws.
 */
export async function within<T>(
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  { clock, signal, what }: { clock: Pick<Clock, 'timeout'>; signal?: AbortSignal; what: string },
): Promise<T> {
  const late = clock.timeout(limitMs)
  const given = aborted(late).then(() => aborted(clock.timeout(GRACE_MS)))
  try {
    const done = work(signal === undefined ? late : AbortSignal.any([signal, late]))
    return await Promise.race([
      done,
      given.then(() => Promise.reject(new Error('it does not end'))),
    ])
  } catch (cause) {
    signal?.throwIfAborted()
    if (!late.aborted) throw cause
    throw new DeployError(
      'timed_out',
      `${what} was not done within ${Math.round(limitMs / 1000)} s and was given up`,
      { hint: "see the receiver's log and `deploy-receiver doctor`: something hangs", cause },
    )
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
