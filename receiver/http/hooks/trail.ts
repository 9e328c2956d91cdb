import type { Sender } from '../../core/intake/audit.ts'
import { ProblemError } from '../problem.ts'
import type { HttpApps } from '../apps.ts'
import type { Origin } from '../arrival.ts'
import type { Refusal, Refusals } from '../refusals.ts'
import { shorten } from '../../core/shorten.ts'

const MAX_REASON_CHARACTERS = 500

/** What is known of a request while a step is taken. */
export interface Known {
  sender: Sender
  /** What it asks for, in a line. */
  request?: string
}

/** What the audit trail gets to know of one request that makes no deployment. */
export interface Trail {
  /** It was `rejected`: nobody is known to be its sender. */
  rejected(known: Known, problem: ProblemError): void
  /** Takes a step for an authentic sender: when it throws a problem, the request was `refused`. */
  orRefused<T>(known: Known, step: () => T | Promise<T>): Promise<T>
  note(entry: Known & Pick<Refusal, 'outcome' | 'reason' | 'code' | 'deployment'>): void
}

/** Where a request came in, and for which app, if there is such a one. */
export interface TrailPlace {
  app?: string
  address?: string
  request_id: string
}

export const placeOf = (
  { name, origin, requestId }: { name: string; origin: Origin; requestId: string },
  apps: HttpApps,
): TrailPlace => ({
  ...(apps.has(name) ? { app: name } : {}),
  ...(origin.kind === 'network' ? { address: origin.address } : {}),
  request_id: requestId,
})

/** The trail of a request for `app`, from `address`; absent where there is none. */
export function createTrail(refusals: Pick<Refusals, 'note'>, place: TrailPlace): Trail {
  const note: Trail['note'] = (entry) => refusals.note({ ...place, ...entry })
  const refuse = (outcome: 'rejected' | 'refused', known: Known, problem: ProblemError) => {
    const reason = shorten(problem.reason ?? problem.message, MAX_REASON_CHARACTERS)
    note({ ...known, outcome, reason, code: problem.code })
  }
  return {
    rejected: (known, problem) => refuse('rejected', known, problem),
    async orRefused(known, step) {
      try {
        return await step()
      } catch (error) {
        if (error instanceof ProblemError) refuse('refused', known, error)
        throw error
      }
    },
    note,
  }
}
