import type { Deployment } from '../../protocol/deployment.ts'

/** What stood before a deployment, and what came after it, by ids. */
export interface PlaceInHistory {
  /** The one that waited, and was never run for the sake of this one. */
  superseded?: string
  /** The one for whose sake this one was never run. */
  superseded_by?: string
  /** The first that went live after this one. */
  replaced_by?: string
}

/** Reads an app's deployments, the newest first, as far as it takes: to the one before `id`. */
export function placeInHistory(newestFirst: Iterable<Deployment>, id: string): PlaceInHistory {
  const newer: Deployment[] = []
  let found: Deployment | undefined
  let before: Deployment | undefined
  for (const each of newestFirst) {
    if (found !== undefined) {
      before = each
      break
    }
    if (each.id === id) found = each
    else newer.push(each)
  }
  if (found === undefined) return {}
  const next = newer.at(-1)
  const live = newer.findLast(({ live_at: liveAt }) => liveAt !== undefined)
  const wasLive = found.live_at !== undefined
  return {
    // of those that wait there is never more than one
    ...(before?.status === 'superseded' ? { superseded: before.id } : {}),
    ...(found.status === 'superseded' && next !== undefined ? { superseded_by: next.id } : {}),
    ...(wasLive && live !== undefined ? { replaced_by: live.id } : {}),
  }
}
