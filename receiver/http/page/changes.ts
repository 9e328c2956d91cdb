import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { ANYTHING, type Feed } from '../../core/feed.ts'

export interface ChangeServices {
  feed: Pick<Feed, 'next'>
  stopping: AbortSignal
}

/** Shorter than the read timeouts of proxies; what changes without an event is seen then. */
const BEAT_MS = 15_000
/** A screen shows itself anew so often at most. */
const PAUSE_MS = 1000

/** Says each time that something of an app changed, or of any: a browser asks for its page again then. */
export function streamChanges(
  c: Context,
  { feed, stopping }: ChangeServices,
  mayStill: () => boolean,
): Response {
  const app = c.req.query('app') || ANYTHING
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (stream) => {
    const closed = new AbortController()
    stream.onAbort(() => closed.abort())
    const ended = AbortSignal.any([closed.signal, stopping])
    let next = feed.next(app, AbortSignal.any([ended, AbortSignal.timeout(BEAT_MS)]))
    await stream.writeSSE({ data: 'here' })
    while (!ended.aborted) {
      await next
      if (ended.aborted || !mayStill()) return
      next = feed.next(app, AbortSignal.any([ended, AbortSignal.timeout(BEAT_MS)]))
      await stream.writeSSE({ data: 'changed' })
      await stream.sleep(PAUSE_MS)
    }
  })
}
