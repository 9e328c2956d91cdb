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
/** The more look, the seldomer each of them is told, and not all at once: a deployment goes on beside them. */
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
          const pauseMs = Math.max(PAUSE_MS, looking * PAUSE_MS_EACH)
          await stream.sleep(Math.random() * (pauseMs - PAUSE_MS))
          // what comes from now on may be missing in what is shown next
          change = next()
          await stream.sleep(TOGETHER_MS)
          if (ended.aborted || !mayStill()) return
          await stream.writeSSE({ data: 'changed' })
          await stream.sleep(pauseMs)
        }
      } finally {
        looking -= 1
      }
    })
  }
}
