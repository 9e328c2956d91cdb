import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { ANYTHING, type Feed } from '../../core/feed.ts'
import { TOGETHER_MS } from './shared.ts'

export interface ChangeServices {
  feed: Pick<Feed, 'next'>
  stopping: AbortSignal
}

/** Shorter than the read timeouts of proxies; what changes without an event is seen then. */
const BEAT_MS = 15_000
/** A screen shows itself anew so often at most. */
const PAUSE_MS = 1000
/** The more look, the seldomer each of them is told: a deployment goes on beside them. */
const PAUSE_MS_EACH = 30

/**
 * Says each time that something of an app changed, or of any: a browser asks for its page again then.
 * @param mayStill whether who looks is signed in still
 */
export function createStreamChanges({ feed, stopping }: ChangeServices) {
  let looking = 0
  return (c: Context, mayStill: () => boolean): Response => {
    const app = c.req.query('app') || ANYTHING
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async (stream) => {
      const closed = new AbortController()
      stream.onAbort(() => closed.abort())
      const ended = AbortSignal.any([closed.signal, stopping])
      const next = () => feed.next(app, AbortSignal.any([ended, AbortSignal.timeout(BEAT_MS)]))
      looking += 1
      try {
        let change = next()
        await stream.writeSSE({ data: 'here' })
        while (!ended.aborted) {
          await change
          const everyMs = looking * PAUSE_MS_EACH
          const areMany = everyMs > PAUSE_MS
          if (areMany) await stream.sleep(untilTogether(everyMs))
          // what comes from now on may be missing in what is shown next
          change = next()
          await stream.sleep(TOGETHER_MS)
          if (ended.aborted || !mayStill()) return
          await stream.writeSSE({ data: 'changed' })
          if (!areMany) await stream.sleep(PAUSE_MS)
        }
      } finally {
        looking -= 1
      }
    })
  }
}

/** Many are told at the same time, nearly: so what they ask for is made once for all of them. */
const untilTogether = (everyMs: number): number =>
  everyMs - (performance.now() % everyMs) + Math.random() * TOGETHER_MS
