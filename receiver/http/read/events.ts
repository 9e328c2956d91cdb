import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { type Deployment, type DeploymentEvent, isFinal } from '../../../protocol/deployment.ts'
import type { Feed } from '../../core/feed.ts'

/** Shorter than the read timeouts of proxies. */
const HEARTBEAT_MS = 15_000
const STILL_HERE = ': still here\n\n'

export interface EventServices {
  archive: {
    /** Those with a number above `after`, in order. */
    events(id: string, after: number): { number: number; event: DeploymentEvent }[]
  }
  feed: Pick<Feed, 'next' | 'revision'>
  /** Aborts when the receiver stops: open streams end. */
  stopping: AbortSignal
}

/** Events as they are sent. */
interface Sent {
  text: string
  last: number
  isOver: boolean
}

/**
 * A deployment's events as server-sent events, from `Last-Event-ID` on, until the final one. A reader that has them all
 * gets 204, which tells an EventSource not to come back.
 */
export function createStreamEvents({ archive, feed, stopping }: EventServices) {
  const read = sharedReading({ archive, feed })
  return (c: Context, { id, status, request_id }: Deployment): Response => {
    let last = lastEventId(c.req.header('last-event-id'))
    if (isFinal(status) && archive.events(id, last).length === 0) return c.body(null, 204)
    // Nginx would hold events back otherwise
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async (stream) => {
      const closed = new AbortController()
      const close = () => closed.abort()
      stream.onAbort(close)
      stopping.addEventListener('abort', close)
      if (stopping.aborted) close()
      const beat = beatOf(stream)
      try {
        // many may follow: one signal for each of them, not one for each event
        while (!closed.signal.aborted) {
          const next = feed.next(id, closed.signal)
          const sent = read(id, { after: last, requestId: request_id })
          await stream.write(sent?.text ?? STILL_HERE)
          if (sent?.isOver === true) return
          last = sent?.last ?? last
          beat.refresh()
          await next
        }
      } finally {
        clearInterval(beat)
        stopping.removeEventListener('abort', close)
      }
    })
  }
}

/** Says that it is there, now and then; to who does not read that, once. */
function beatOf(stream: Pick<SSEStreamingApi, 'write'>): NodeJS.Timeout {
  let isTaken = true
  return setInterval(() => {
    if (!isTaken) return
    isTaken = false
    void stream.write(STILL_HERE).then(() => (isTaken = true))
  }, HEARTBEAT_MS)
}

/** Reads a deployment's events after a number, as they are sent: once for all who ask in the same moment. `undefined`: there are none. */
function sharedReading({ archive, feed }: Pick<EventServices, 'archive' | 'feed'>) {
  const kept = new Map<string, Sent | undefined>()
  let revision = -1
  return (
    id: string,
    { after, requestId }: { after: number; requestId: string | undefined },
  ): Sent | undefined => {
    if (revision !== feed.revision()) kept.clear()
    revision = feed.revision()
    const key = `${id} ${after}`
    if (!kept.has(key)) {
      // who asks later is one of few
      if (kept.size === 0) setImmediate(() => kept.clear())
      kept.set(key, toSent(archive.events(id, after), requestId))
    }
    return kept.get(key)
  }
}

function toSent(
  events: readonly { number: number; event: DeploymentEvent }[],
  requestId: string | undefined,
): Sent | undefined {
  const end = events.findIndex(({ event }) => event.type === 'finished')
  const told = end === -1 ? events : events.slice(0, end + 1)
  const last = told.at(-1)
  if (last === undefined) return undefined
  const text = told
    .map(({ number, event }) => {
      const data = JSON.stringify({ ...event, request_id: requestId })
      return `event: ${event.type}\ndata: ${data}\nid: ${number}\n\n`
    })
    .join('')
  return { text, last: last.number, isOver: end !== -1 }
}

function lastEventId(header: string | undefined): number {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : 0
}
