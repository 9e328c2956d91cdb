import type { AppAnswer } from '../core/slots/app-answer.ts'
import type { Listener } from '../core/listeners.ts'
import type { AppHealth } from '../core/slots/app-health.ts'
import type { Services } from '../http/app.ts'

/** A page is as fresh as that; however many look, Docker and the app are asked once in it. */
const FRESH_MS = 3000
/** While something is deployed, Docker has that to do: the other apps are as they were so long ago. */
const BESIDE_MS = 15_000
/** Nobody waits longer for an app, and not much longer for Docker. */
const ASK_MS = 2000
const LOOK_MS = 2 * ASK_MS

export interface PageHealth {
  /** What cannot be seen is `null`. */
  of: Services['pageHealth']
  /** Hears what is deployed. */
  listener: Listener
}

/** How apps are, for pages that many may look at. */
export function createPageHealth(
  /** How a live app is, and what it answers within so long. */
  look: (app: string, ask: { withinMs: number }) => Promise<AppHealth & { answer?: AppAnswer }>,
  nowMs: () => number,
): PageHealth {
  const deploying = new Set<string>()
  const kept = new Map<string, { at: number; health: ReturnType<Services['pageHealth']> }>()
  const ask: Services['pageHealth'] = async (app) => {
    try {
      const seen = look(app, { withinMs: ASK_MS })
      return (await Promise.race([seen, ended(AbortSignal.timeout(LOOK_MS))])) ?? null
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
