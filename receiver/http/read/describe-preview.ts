import { LOOK_AGAIN_MS } from '../../core/previews/closed.ts'
import type { DescribedPreview } from '../../core/previews/described.ts'
import type { Preview } from '../../core/previews/preview.ts'

/** @param ttlMs how long previews of its app last without a deployment; 0 is for ever */
export function describePreview(preview: Preview, ttlMs: number): DescribedPreview {
  const { of, madeAt, deployedAt, closedSince, leavesSince } = preview
  const ends = [
    ...end('removal', leavesSince, 0),
    ...end('closed', closedSince, LOOK_AGAIN_MS),
    ...end('ttl', ttlMs === 0 ? undefined : deployedAt, ttlMs),
  ]
  const [first] = ends.toSorted((a, b) => a.ms - b.ms)
  return {
    of,
    made_at: madeAt,
    deployed_at: deployedAt,
    goes_at: first === undefined ? null : new Date(first.ms).toISOString(),
    goes_by: first?.by ?? null,
    closed_since: closedSince ?? null,
  }
}

const end = <By extends string>(by: By, since: string | undefined, ms: number) =>
  since === undefined ? [] : [{ by, ms: Date.parse(since) + ms }]
