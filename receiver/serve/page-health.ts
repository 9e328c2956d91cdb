import type { AppAnswer } from '../core/slots/app-answer.ts'
import type { Listener } from '../core/listeners.ts'
import { healthOf } from '../core/slots/app-health.ts'
import type { World } from '../core/slots/next-step.ts'
import type { Services } from '../http/app.ts'

/** A page is as fresh as that; however many look, Docker and the app are asked once in it. */
const FRESH_MS = 3000
/** While something is deployed, Docker has that to do: the other apps are as they were so long ago. */
const BESIDE_MS = 15_000
/** Nobody waits longer for Docker, and none longer for an app. */
const ASK_MS = 2000

export interface PageHealth {
  /** What cannot be seen is `null`. */
  of: Services['pageHealth']
  /** Hears what is deployed. */
  listener: Listener
}

/** How apps are, for pages that many may look at. */
export function createPageHealth(
  look: {
    observe(app: string): Promise<World>
    /** What a live container of those says within so long. */
    answer(app: string, world: World, limitMs: number): Promise<AppAnswer | undefined>
  },
  nowMs: () => number,
): PageHealth {
  const deploying = new Set<string>()
  const kept = new Map<string, { at: number; health: ReturnType<Services['pageHealth']> }>()
  const ask: Services['pageHealth'] = async (app) => {
    try {
      const world = await Promise.race([look.observe(app), ended(AbortSignal.timeout(ASK_MS))])
      if (world === undefined) return null
      const answer = await look.answer(app, world, ASK_MS).catch(() => undefined)
      return { ...healthOf(world), ...(answer === undefined ? {} : { answer }) }
    } catch {
      return null
    }
  }
  return {
    of(app) {
      const known = kept.get(app)
      const isBeside = deploying.size > 0 && !deploying.has(app)
      const freshMs = isBeside ? BESIDE_MS : FRESH_MS
      if (known !== undefined && nowMs() - known.at < freshMs) return known.health
      const health = ask(app)
      kept.set(app, { at: nowMs(), health })
      return health
    },
    listener({ app }, { type }) {
      if (type === 'started') deploying.add(app)
      if (type === 'finished') deploying.delete(app)
      // others serve now
      if (type === 'live' || type === 'finished') kept.delete(app)
    },
  }
}

const ended = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
