import { failed, type Finding, finding, type Found, type Subject } from '../../core/finding.ts'

/** Looks stand side by side, and what does not answer is not to hide what the others saw. */
export const DEADLINE_MS = 30_000

/** Looks at one thing, for as long as there is time. What does not answer until then is a failed check. */
export const look = (
  subject: Subject,
  work: (signal: AbortSignal) => Promise<Found> | Found,
  deadlineMs = DEADLINE_MS,
): Promise<Finding> => finding(subject, () => inTime(work, deadlineMs))

/** Looks at several things at once. When that fails as a whole, it is one failed check. */
export async function lookAtAll(
  subject: Subject,
  work: (signal: AbortSignal) => Promise<Finding[]> | Finding[],
  deadlineMs = DEADLINE_MS,
): Promise<Finding[]> {
  try {
    return await inTime(work, deadlineMs)
  } catch (error) {
    return [failed(subject, error)]
  }
}

/** @param stop ends it at once */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T> | T,
  deadlineMs: number,
  stop?: AbortSignal,
): Promise<T> {
  const late = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const end = (error: Error) => {
    reject(error)
    late.abort(error)
  }
  const timer = setTimeout(() => {
    const error = new Error(`not looked at to its end: no answer within ${deadlineMs / 1000} s`)
    end(Object.assign(error, { hint: HANGS }))
  }, deadlineMs)
  const stopped = () => end(stop?.reason as Error)
  stop?.addEventListener('abort', stopped)
  try {
    return await Promise.race([work(late.signal), promise])
  } finally {
    clearTimeout(timer)
    stop?.removeEventListener('abort', stopped)
  }
}

const HANGS =
  'it hangs, or this machine is very busy: look again, and if it stays so restart what is named here'
