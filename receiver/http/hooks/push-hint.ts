import { formatImage } from '../../../protocol/image-reference.ts'
import { DeployError } from '../../core/errors.ts'
import type { Registry } from '../../core/image/registry.ts'
import type { Hint } from '../../core/intake/push-hint.ts'
import type { Log } from '../../core/log.ts'
import type { Said } from './payloads/pushed.ts'
import type { HttpApp } from '../apps.ts'

/** A registry that does not answer in this time is asked by the deployment itself: webhooks wait ten seconds at most. */
const RESOLVE_MS = 6000

export interface ResolveServices {
  /** Asks the registry what a tag stands for. */
  resolve: Registry['resolve']
  log: Log
  /** Aborts when the receiver stops. */
  stopping: AbortSignal
}

/**
 * What comes of a push that a registry speaks of. It is a hint: only when it names the repository and the tag that the app
 * follows, the registry is asked what that tag is now.
 */
export async function takeHint(
  said: Exclude<Said, { kind: 'ping' }>,
  { spec, requestId }: Pick<HttpApp, 'spec'> & { requestId: string | undefined },
  services: ResolveServices,
): Promise<{ kind: 'hint'; hint: Hint } | { kind: 'ignored'; reason: string }> {
  if (said.kind === 'ignored') return said
  const { repository, tag } = spec.image
  if (said.repository !== repository || said.tag !== tag) {
    return {
      kind: 'ignored',
      reason: `${formatImage({ repository: said.repository, tag: said.tag })} is not what ${spec.name} follows: ${formatImage({ repository, tag })}`,
    }
  }
  const signal = AbortSignal.any([AbortSignal.timeout(RESOLVE_MS), services.stopping])
  try {
    return {
      kind: 'hint',
      hint: { tag, digest: await services.resolve({ repository, tag }, signal) },
    }
  } catch (error) {
    if (!(error instanceof DeployError) && !signal.aborted) throw error
    services.log('warn', 'the registry did not say what was pushed: the deployment will ask', {
      app: spec.name,
      request_id: requestId,
      reason: error instanceof Error ? error.message : String(error),
    })
    return { kind: 'hint', hint: { tag } }
  }
}
