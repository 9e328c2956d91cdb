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

/**
 * Where a deployment stands in its app's history.
 * @param before the one that came before it
 * @param newer those that came after it, the oldest first: read as far as it takes, for there may be many
 */
export function placeInHistory(
  { status, live_at: liveAt }: Deployment,
  { before, newer }: { before: Deployment | undefined; newer: Iterable<Deployment> },
): PlaceInHistory {
  let next: Deployment | undefined
  let live: Deployment | undefined
  for (const each of newer) {
    next ??= each
    if (each.live_at !== undefined) live = each
    if (live !== undefined || liveAt === undefined) break
  }
  return {
    // of those that wait there is never more than one
    ...(before?.status === 'superseded' ? { superseded: before.id } : {}),
    ...(status === 'superseded' && next !== undefined ? { superseded_by: next.id } : {}),
    ...(liveAt !== undefined && live !== undefined ? { replaced_by: live.id } : {}),
  }
}
