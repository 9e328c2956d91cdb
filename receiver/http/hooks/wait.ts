import { type Deployment, isFinal } from '../../../protocol/deployment.ts'
import type { Services } from '../services.ts'

const MAX_WAIT_SECONDS = 600

/** Seconds of `Prefer: wait=N` (RFC 7240, section 4.3), at most 600; 0 without one. */
export function preferredWait(header: string | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? '')?.[1]
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS)
}

/** The deployment when it is final, or as it is after `seconds`. */
export async function waitForEnd(
  deployment: Deployment,
  seconds: number,
  { archive, feed, stopping }: Services,
  client: AbortSignal,
): Promise<Deployment> {
  const ended = AbortSignal.any([AbortSignal.timeout(seconds * 1000), stopping, client])
  for (;;) {
    const next = feed.next(deployment.id, ended)
    const now = archive.get(deployment.id)?.deployment ?? deployment
    if (isFinal(now.status) || ended.aborted) return now
    await next
  }
}
