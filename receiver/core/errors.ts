import type { DeploymentError } from '../../protocol/deployment.ts'

/** Why a deployment failed; users' scripts may rely on these words. docs/errors.md says what to do about each. */
export const DEPLOY_ERROR_CODES = [
  'app_removed',
  'awaits_data',
  'changed_elsewhere',
  'cluster_refused',
  'cluster_unknown',
  'compose_failed',
  'dependency_failed',
  'digest_mismatch',
  'disk_full',
  'elsewhere',
  'engine_unreachable',
  'exited',
  'forbidden',
  'image_invalid',
  'image_missing',
  'internal_error',
  'nginx_edited',
  'nginx_failed',
  'no_port',
  'not_attested',
  'not_ours',
  'not_a_manager',
  'not_served',
  'on_hold',
  'platform_missing',
  'pull_failed',
  'receiver_died',
  'registry_busy',
  'registry_denied',
  'registry_unreachable',
  'release_failed',
  'rolled_back',
  'rollout_failed',
  'service_missing',
  'start_failed',
  'store_failed',
  'swap_failed',
  'timed_out',
  'trust_root_missing',
  'undo_failed',
  'unhealthy',
  'warm_refused',
  'workload_missing',
  'workload_paused',
] as const
export type DeployErrorCode = (typeof DEPLOY_ERROR_CODES)[number]

/** The one error that ports throw and the reconciler understands. Its message is shown to users as it is. */
export class DeployError extends Error {
  readonly code: DeployErrorCode
  readonly hint: string | undefined
  /** Last lines of the container's output, oldest first. */
  readonly log: readonly string[] | undefined
  /** When a registry wants to be asked again. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: DeployErrorCode,
    message: string,
    options: {
      hint?: string
      log?: readonly string[]
      retryAfterMs?: number
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'DeployError'
    this.code = code
    this.hint = options.hint
    this.log = options.log
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Nothing can be written: no disk, or no room on it. */
export const isStoreFailure = (error: unknown): boolean =>
  error instanceof DeployError && error.code === 'store_failed'

/** What a deployment's record says of an error; anything unforeseen is `internal_error` with its own message. */
export function describeError(error: unknown): DeploymentError {
  if (error instanceof DeployError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.log === undefined ? {} : { log: [...error.log] }),
    }
  }
  return {
    code: 'internal_error',
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: "see the receiver's log; this is a defect worth reporting",
  }
}
