import type { Served } from '../../../core/slots/ports.ts'

const GOOD_FOR_MS = 1000

/** Answers that are good for whoever asks the same a moment later. */
export interface RecentAnswers {
  /** @param revision what of the app's site was asked for */
  keep(app: string, revision: string, answer: Promise<Served>): void
  /** The last answer, or what is about to be one; `undefined` when it is older than a second, of another revision, or not wholly good. Once. */
  take(app: string, revision: string): Promise<Served | undefined>
}

export function createRecentAnswers(nowMs: () => number = () => performance.now()): RecentAnswers {
  const kept = new Map<string, { revision: string; since: number; answer: Promise<Served> }>()
  return {
    keep(app, revision, answer) {
      kept.set(app, { revision, since: nowMs(), answer })
      // told to who asked
      answer.catch(() => {})
    },
    async take(app, revision) {
      const last = kept.get(app)
      kept.delete(app)
      if (last?.revision !== revision || nowMs() - last.since > GOOD_FOR_MS) return undefined
      const served = await last.answer.catch(() => undefined)
      return served?.warning === undefined ? served : undefined
    },
  }
}
