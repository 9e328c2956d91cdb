import type { Clock } from '../clock.ts'
import type { Report } from '../log.ts'
import type { PreviewNews } from '../notify/news.ts'
import type { Removed } from '../slots/remove-app.ts'
import type { Preview, PreviewRecord } from './preview.ts'
import { takeAway } from './take-away.ts'

/** A removal that failed is tried again after so long, and the times of all are looked at as often at least. */
const AGAIN_MS = 30_000

export interface PreviewPorts {
  record: PreviewRecord
  transaction<T>(work: () => T): T
  /** How long the previews of an app last without a deployment; 0 is for ever. `undefined`: it has none by its config. */
  ttlMs(of: string): number | undefined
  /** Takes it off this machine, with all that it has. Again after a crash, it goes on. */
  remove(app: string): Promise<Removed>
  /** Tells who wants to hear of it what became of one; nothing twice under one name. */
  announce(news: PreviewNews, once: string): void
  clock: Clock
  report: Report
}

export interface KeptPreviews {
  /** Looks at what is to go. Returns at once. */
  look(): void
  /** Resolves when this preview is gone; its failure is thrown once, and tried again later. */
  gone(app: string): Promise<Removed>
  ended: Promise<void>
}

/**
 * Removes previews that are to go, as long as the receiver runs: which ones is on record, so that whatever ends in between, the next
 * look goes on. One that had no deployment for its `ttl`, or whose app has no previews any more, is put on record as such here.
 */
export function keepPreviews(ports: PreviewPorts, signal: AbortSignal): KeptPreviews {
  const { record, transaction, announce, clock, report } = ports
  let nap = new AbortController()
  let isAsked = false
  const waiting = new Map<string, ReturnType<typeof Promise.withResolvers<Removed>>>()

  const removeAll = async () => {
    for (const preview of record.all()) putOnRecord(preview, ports)
    for (const { app, of, leavesSince } of record.all()) {
      if (leavesSince === undefined || signal.aborted) continue
      const waits = waiting.get(app)
      waiting.delete(app)
      try {
        const removed = await ports.remove(app)
        transaction(() => {
          record.forget(app)
          announce(
            { app, of, became: 'removed', message: `it was a preview of ${of}` },
            leavesSince,
          )
        })
        report('preview removed', { app, ...removed }, 'info')
        waits?.resolve(removed)
      } catch (error) {
        waits?.reject(error)
        if (signal.aborted) return
        report('a preview could not be removed: trying again', { app, error })
      }
    }
  }

  const run = async () => {
    while (!signal.aborted) {
      isAsked = false
      await removeAll().catch((error: unknown) => {
        report('previews could not be looked at: trying again', { error })
      })
      if (isAsked) continue
      nap = new AbortController()
      await clock.sleep(AGAIN_MS, AbortSignal.any([nap.signal, signal])).catch(() => {})
    }
    for (const { reject } of waiting.values()) reject(signal.reason)
  }
  const look = () => {
    isAsked = true
    nap.abort()
  }
  return {
    look,
    gone(app) {
      const waits = waiting.get(app) ?? Promise.withResolvers<Removed>()
      waiting.set(app, waits)
      look()
      return waits.promise
    },
    ended: run(),
  }
}

function putOnRecord(
  preview: Preview,
  { record, transaction, ttlMs, clock, report }: PreviewPorts,
): void {
  const { app, of, deployedAt, leavesSince } = preview
  if (leavesSince !== undefined) return
  const ttl = ttlMs(of)
  const isOver = ttl === undefined || (ttl > 0 && clock.since(deployedAt) > ttl)
  if (!isOver) return
  report(
    ttl === undefined
      ? `a preview goes: ${of} has none by the config any more`
      : 'a preview goes: it had no deployment for as long as previews.ttl says',
    { app, deployed_at: deployedAt },
    'info',
  )
  transaction(() => takeAway({ app, of }, { record, now: clock.now() }))
}
