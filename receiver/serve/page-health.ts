import type { AppAnswer } from '../core/slots/app-answer.ts'
import type { AppHealth } from '../core/slots/app-health.ts'
import type { Services } from '../http/app.ts'

/** A page is as fresh as that; however many look, Docker and the app are asked once in it. */
const FRESH_MS = 3000
/** Nobody waits longer for one app, be it that it or that Docker does not answer. */
const ASK_MS = 2000

/** How apps are, for pages that many may look at. What cannot be seen is `null`. */
export function createPageHealth(
  look: {
    health(app: string): Promise<AppHealth>
    answer(app: string, signal: AbortSignal): Promise<AppAnswer | undefined>
  },
  nowMs: () => number,
): Services['pageHealth'] {
  const kept = new Map<string, { at: number; health: ReturnType<Services['pageHealth']> }>()
  const ask: Services['pageHealth'] = async (app) => {
    const signal = AbortSignal.timeout(ASK_MS)
    const asked = Promise.all([look.health(app), look.answer(app, signal).catch(() => undefined)])
    try {
      const seen = await Promise.race([asked, ended(signal)])
      if (seen === undefined) return null
      const [health, answer] = seen
      return { ...health, ...(answer === undefined ? {} : { answer }) }
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
