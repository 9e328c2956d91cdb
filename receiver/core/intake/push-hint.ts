import { type Deployment, isFinal } from '../../../protocol/deployment.ts'
import { type Hold, liftsHold, whyOnHold } from './hold.ts'

/** A registry said that the tag which the app follows was pushed; the digest is the registry's answer when asked. */
export interface Hint {
  tag: string
  /** Absent when the registry could not be asked: the deployment asks it again. */
  digest?: string
}

/** The events of one push come close together; a push of the same digest later asks to try it again. */
const SAME_PUSH_MS = 10 * 60 * 1000

/**
 * The deployment that has already done, or is about to do, what a hint asks for. What runs or waits counts, else what is
 * live; and a digest that has just failed is not tried again by the second event of the same push.
 */
export function settledBy(
  { tag, digest }: Hint,
  {
    newest,
    live,
    ageMs,
  }: {
    newest: Deployment | undefined
    live: Deployment | undefined
    ageMs: (at: string) => number
  },
): Deployment | undefined {
  const pending = newest !== undefined && !isFinal(newest.status) ? newest : undefined
  const unresolved = pending?.status === 'queued' && pending.image.digest === undefined
  if (unresolved && pending.image.tag === tag) return pending
  if (digest === undefined) return undefined
  const decisive = pending ?? live
  if (decisive?.image.digest === digest) return decisive
  const same = newest?.image.digest === digest
  return newest !== undefined && same && ageMs(newest.created_at) < SAME_PUSH_MS
    ? newest
    : undefined
}

/** Why a hint is not followed though nothing has done what it asks for; `undefined` when it is. */
export function refusedBy(
  app: string,
  { digest, tag }: Hint,
  { holds, rollback }: { holds: readonly Hold[]; rollback: Deployment | undefined },
): string | undefined {
  if (digest === undefined) {
    // it would take the place of an order, perhaps for the very digest that this leaves
    return rollback === undefined
      ? undefined
      : `what ${tag} is now the registry did not say, and rollback ${rollback.id} is under way: order it when that is over (deploy-receiver deploy ${app}, or a signed hook)`
  }
  const hold = holds.find((each) => each.digest === digest)
  return hold === undefined ? undefined : `${whyOnHold(hold)}; ${liftsHold(app)}`
}
