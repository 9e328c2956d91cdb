import { type Deployment, isFinal } from '../../../protocol/deployment.ts'
import type { Feed } from '../../core/feed.ts'

const MAX_WAIT_SECONDS = 600

/** Seconds of `Prefer: wait=N` (RFC 7240, section 4.3), at most 600; 0 without one. */
export function preferredWait(header: string | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? '')?.[1]
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS)
}

export interface WaitServices {
  archive: { get(id: string): { deployment: Deployment } | undefined }
  feed: Pick<Feed, 'next'>
  /** Aborts when the receiver stops. */
  stopping: AbortSignal
}

/** The deployment when it is final, or as it is after `seconds`. */
export async function waitForEnd(
  deployment: Deployment,
  { seconds, client }: { seconds: number; client: AbortSignal },
  { archive, feed, stopping }: WaitServices,
): Promise<Deployment> {
  const ended = AbortSignal.any([AbortSignal.timeout(seconds * 1000), stopping, client])
  for (;;) {
    const next = feed.next(deployment.id, ended)
    const now = archive.get(deployment.id)?.deployment ?? deployment
    if (isFinal(now.status) || ended.aborted) return now
    await next
  }
}
