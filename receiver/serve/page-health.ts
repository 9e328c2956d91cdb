import type { AppAnswer } from '../core/slots/app-answer.ts'
import { healthOf } from '../core/slots/app-health.ts'
import type { World } from '../core/slots/next-step.ts'
import type { Services } from '../http/app.ts'

/** A page is as fresh as that; however many look, Docker and the app are asked once in it. */
const FRESH_MS = 3000
/** Nobody waits longer for Docker, and none longer for an app. */
const ASK_MS = 2000

/** How apps are, for pages that many may look at. What cannot be seen is `null`. */
export function createPageHealth(
  look: {
    observe(app: string): Promise<World>
    /** What a live container of those says within so long. */
    answer(app: string, world: World, limitMs: number): Promise<AppAnswer | undefined>
  },
  nowMs: () => number,
): Services['pageHealth'] {
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
  return (app) => {
    const known = kept.get(app)
    if (known !== undefined && nowMs() - known.at < FRESH_MS) return known.health
    const health = ask(app)
    kept.set(app, { at: nowMs(), health })
    return health
  }
}

const ended = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
