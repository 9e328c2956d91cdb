import type { Context } from 'hono'
import { type Deployment, type DeploymentEvent, isFinal } from '../../../protocol/deployment.ts'
import type { Feed } from '../../core/feed.ts'
import type { Log } from '../../core/log.ts'

/** Shorter than the read timeouts of proxies. */
const HEARTBEAT_MS = 15_000
/** What was read for one is kept so long for the others who follow, unless something changes. */
const KEPT_MS = 1000
/** Followers who are told in one turn of the event loop: some milliseconds' work. */
const TOLD_IN_ONE_TURN = 50
const STILL_HERE = Buffer.from(': still here\n\n')
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  connection: 'keep-alive',
  'transfer-encoding': 'chunked',
  // Nginx would hold events back otherwise
  'x-accel-buffering': 'no',
}

export interface EventServices {
  archive: {
    /** Those with a number above `after`, in order. */
    events(id: string, after: number): { number: number; event: DeploymentEvent }[]
  }
  feed: Pick<Feed, 'next' | 'revision'>
  /** Aborts when the receiver stops: open streams end. */
  stopping: AbortSignal
  log: Log
}

/** Events as they are sent. */
interface Sent {
  bytes: Uint8Array
  last: number
  isOver: boolean
}

/**
 * A deployment's events as server-sent events, from `Last-Event-ID` on, until the final one. A reader that has them all
 * gets 204, which tells an EventSource not to come back.
 */
export function createStreamEvents({ archive, feed, stopping, log }: EventServices) {
  const read = sharedReading({ archive, feed })
  const turn = inTurns(TOLD_IN_ONE_TURN)
  return (c: Context, { id, status, request_id }: Deployment): Response => {
    let last = lastEventId(c.req.header('last-event-id'))
    if (isFinal(status) && archive.events(id, last).length === 0) return c.body(null, 204)
    const told = (signal: AbortSignal) => {
      const next = feed.next(id, signal)
      const sent = read(id, { after: last, requestId: request_id })
      last = sent?.last ?? last
      return { sent, next }
    }
    const failed = (error: unknown) =>
      log('error', 'events could not be told', { deployment: id, error })
    return c.body(bodyOf(told, { turn, stopping, failed }), 200, HEADERS)
  }
}

/**
 * What is told, as a body: what is new when all before it was taken, until it is over or `stopping` aborts. Many may follow, so there is one
 * signal for each of them, not one for each event, and no other stream on the way to the socket.
 */
function bodyOf(
  told: (signal: AbortSignal) => { sent: Sent | undefined; next: Promise<void> },
  {
    turn,
    stopping,
    failed,
  }: { turn(): Promise<void>; stopping: AbortSignal; failed(error: unknown): void },
): ReadableStream<Uint8Array> {
  const closed = new AbortController()
  let beat: NodeJS.Timeout | undefined
  let news = Promise.resolve()
  let end = () => {}
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const stop = () => {
        end()
        controller.close()
      }
      end = () => {
        clearInterval(beat)
        stopping.removeEventListener('abort', stop)
        closed.abort()
      }
      stopping.addEventListener('abort', stop)
      beat = beatOf(controller)
      if (stopping.aborted) stop()
    },
    async pull(controller) {
      await news
      await turn()
      if (closed.signal.aborted) return
      try {
        const { sent, next } = told(closed.signal)
        news = next
        controller.enqueue(sent?.bytes ?? STILL_HERE)
        beat?.refresh()
        if (sent?.isOver !== true) return
      } catch (error) {
        // who follows comes again, and hears nothing of it: an error that the body ends with would be sent
        failed(error)
      }
      end()
      controller.close()
    },
    cancel: () => end(),
  })
}

/** Lets so many through in each turn of the event loop, one after the other: what else is to be done is done between. */
function inTurns(most: number): () => Promise<void> {
  let turn = Promise.resolve()
  let come = 0
  return () => {
    if (come === most) {
      come = 0
      turn = turn.then(() => new Promise((resolve) => void setImmediate(resolve)))
    }
    come += 1
    return turn
  }
}

/** Says that it is there, now and then; to who does not read that, once. */
const beatOf = (stream: ReadableStreamDefaultController<Uint8Array>): NodeJS.Timeout =>
  setInterval(() => {
    if ((stream.desiredSize ?? 0) > 0) stream.enqueue(STILL_HERE)
  }, HEARTBEAT_MS)

/** Reads a deployment's events after a number, as they are sent: once for all who ask. `undefined`: there are none. */
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
      if (kept.size === 0) setTimeout(() => kept.clear(), KEPT_MS).unref()
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
  return { bytes: Buffer.from(text), last: last.number, isOver: end !== -1 }
}

function lastEventId(header: string | undefined): number {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : 0
}
