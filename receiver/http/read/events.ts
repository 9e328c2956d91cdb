import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { type Deployment, type DeploymentEvent, isFinal } from '../../../protocol/deployment.ts'
import type { Feed } from '../../core/feed.ts'

/** Shorter than the read timeouts of proxies. */
const HEARTBEAT_MS = 15_000

export interface EventServices {
  archive: {
    /** Those with a number above `after`, in order. */
    events(id: string, after: number): { number: number; event: DeploymentEvent }[]
  }
  feed: Pick<Feed, 'next'>
  /** Aborts when the receiver stops: open streams end. */
  stopping: AbortSignal
}

/**
 * A deployment's events as server-sent events, from `Last-Event-ID` on, until the final one. A reader that has them all
 * gets 204, which tells an EventSource not to come back.
 */
export function streamEvents(
  c: Context,
  { id, status, request_id }: Deployment,
  { archive, feed, stopping }: EventServices,
): Response {
  let last = lastEventId(c.req.header('last-event-id'))
  if (isFinal(status) && archive.events(id, last).length === 0) return c.body(null, 204)
  // Nginx would hold events back otherwise
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (stream) => {
    const closed = new AbortController()
    stream.onAbort(() => closed.abort())
    const ended = AbortSignal.any([closed.signal, stopping])
    while (!ended.aborted) {
      const next = feed.next(id, AbortSignal.any([ended, AbortSignal.timeout(HEARTBEAT_MS)]))
      const events = archive.events(id, last)
      for (const { number, event } of events) {
        await stream.writeSSE({
          id: String(number),
          event: event.type,
          data: JSON.stringify({ ...event, request_id }),
        })
        last = number
        if (event.type === 'finished') return
      }
      if (events.length === 0) await stream.write(': still here\n\n')
      await next
    }
  })
}

function lastEventId(header: string | undefined): number {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : 0
}
