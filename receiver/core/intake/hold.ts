import { type Deployment, isFinal } from '../../../protocol/deployment.ts'

/** A digest that was rolled back from: what only hints at it does not bring it back. */
export interface Hold {
  digest: string
  /** The rollback that left it, or the deployment of it that was swapped back while it was watched. */
  deployment: string
  /** ISO 8601. */
  since: string
}

/**
 * The digests of an app that are on hold, by its history alone, so that a restart changes nothing. A rollback puts what it leaves on
 * hold, from the moment at which it is accepted, and so does swapping back; another digest that goes live lifts all of them, and
 * an order of one, however it ends, that one. `newestFirst` is read only as far as it matters.
 */
export function holdsOf(newestFirst: Iterable<Deployment>, live: Deployment | undefined): Hold[] {
  const liveDigest = live?.image.digest
  // an app that was taken away and comes again begins anew
  if (liveDigest === undefined) return []
  const holds = new Map<string, Hold>()
  const hold = (digest: string | undefined, by: Deployment) => {
    if (digest === undefined || digest === by.image.digest) return
    holds.set(digest, { digest, deployment: by.id, since: by.finished_at ?? by.created_at })
  }
  const recent = sinceNew(newestFirst)
  for (const each of recent) {
    const { digest } = each.image
    if (digest === undefined) continue
    if (each.error?.code === 'rolled_back') {
      holds.set(digest, { digest, deployment: each.id, since: each.finished_at ?? each.created_at })
    } else if (isNew(each)) holds.clear()
    else if (each.status !== 'superseded') holds.delete(digest)
    if (each.action === 'rollback' && wentLive(each)) hold(each.previous?.digest, each)
  }
  holds.delete(liveDigest)
  const waiting = pendingRollback(recent)
  if (waiting === undefined) return [...holds.values()]
  // what it will leave: what is live, or what is about to be
  for (const { id, status, image } of recent) {
    if (!isFinal(status) && id !== waiting.id) hold(image.digest, waiting)
  }
  hold(liveDigest, waiting)
  return [...holds.values()]
}

/** The rollback that waits, or runs and is not live yet. */
export const pendingRollback = (deployments: readonly Deployment[]): Deployment | undefined =>
  deployments.findLast(
    ({ action, status, live_at: liveAt }) =>
      action === 'rollback' && !isFinal(status) && liveAt === undefined,
  )

/** Why a hint at it is not followed. */
export const whyOnHold = ({ digest, deployment }: Hold): string =>
  `${digest} is on hold: ${deployment} went back from it`

export const liftsHold = (app: string): string =>
  `until another digest is live, only an order brings it back: deploy-receiver deploy ${app}, or a signed hook`

/** The history from the last digest that was new on, the oldest first: what is older matters no more. */
function sinceNew(newestFirst: Iterable<Deployment>): Deployment[] {
  const recent: Deployment[] = []
  for (const each of newestFirst) {
    recent.push(each)
    if (isNew(each)) break
  }
  return recent.toReversed()
}

/** Whether it put another digest live, and not one to go back to. */
const isNew = (deployment: Deployment): boolean =>
  deployment.action !== 'rollback' &&
  wentLive(deployment) &&
  deployment.previous?.digest !== deployment.image.digest

/** And stayed so. */
const wentLive = ({ live_at: liveAt, error }: Deployment): boolean =>
  liveAt !== undefined && error?.code !== 'rolled_back'
