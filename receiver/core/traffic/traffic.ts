import type { Listener } from '../listeners.ts'
import { type Answers, answersIn, type ByClass, classOf, noAnswers } from './answers.ts'
import { createMinute } from './minute.ts'

/** One request of a visitor, as Nginx tells of it when it is over. */
export interface Visit {
  app: string
  status: number
  /** Until the app began to answer; absent when it was not asked, or does not answer by HTTP any more. */
  seconds?: number
}

/** What visitors do at an app and get of it. */
export interface Traffic {
  /** Within the last minute. */
  minute: Answers & {
    /** Seconds until the app began to answer, of half of the requests and of 95 of 100; absent: there were none. */
    p50?: number
    p95?: number
  }
  /** Since the receiver started, by the first digit of the status. */
  total: ByClass
  /** The last swap since then, and the requests that were over after it. */
  swap?: Answers & { deployment: string; at: string }
}

export interface TrafficLook {
  /** `undefined`: nobody tells of its requests, or there was none so far and no swap. */
  of(app: string): Traffic | undefined
}

interface Seen {
  minute: ReturnType<typeof createMinute>
  total: ReturnType<typeof noAnswers>
  swap?: { deployment: string; at: string; total: ByClass }
}

/**
 * Counts requests of apps. It holds a few kilobytes for each of them, however many there are; who tells of them may be anybody on this
 * machine, so none is counted for a name that is no app's.
 */
export function createTraffic({ nowMs, isApp }: { nowMs(): number; isApp(name: string): boolean }) {
  const seen = new Map<string, Seen>()
  const at = (app: string): Seen => {
    let found = seen.get(app)
    if (found === undefined) {
      found = { minute: createMinute(nowMs), total: noAnswers() }
      seen.set(app, found)
    }
    return found
  }

  return {
    take({ app, status, seconds }: Visit): void {
      if (!isApp(app)) return
      const { minute, total } = at(app)
      total[classOf(status)] += 1
      minute.take(status, seconds)
    },

    swapped(app: string, swap: { deployment: string; at: string }): void {
      if (!isApp(app)) return
      const found = at(app)
      found.swap = { ...swap, total: { ...found.total } }
    },

    /** Forgets what is no app any more. */
    tidy(): void {
      for (const app of seen.keys()) if (!isApp(app)) seen.delete(app)
    },

    of(app: string): Traffic | undefined {
      const found = seen.get(app)
      if (found === undefined || !isApp(app)) return undefined
      const { minute, total, swap } = found
      if (swap === undefined) return { minute: minute.now(), total: { ...total } }
      const { deployment, at: swappedAt } = swap
      return {
        minute: minute.now(),
        total: { ...total },
        swap: { deployment, at: swappedAt, ...answersIn(total, swap.total) },
      }
    },
  }
}

/** Notes each swap: what visitors get after it is told apart. */
export const markSwaps =
  (traffic: { swapped(app: string, swap: { deployment: string; at: string }): void }): Listener =>
  ({ id, app }, event) => {
    if (event.type === 'live') traffic.swapped(app, { deployment: id, at: event.at })
  }
