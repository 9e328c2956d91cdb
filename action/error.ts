/** Why the Action stopped, in words that programs can compare. docs/errors.md says what to do about each. */
export const ACTION_ERROR_CODES = [
  'bad_input',
  'bad_environment',
  'build_failed',
  'no_digest',
  'no_buildx',
  'no_docker',
  'no_id_token',
  'login_failed',
  'unreachable',
  'rejected',
  'bad_answer',
  'lost',
  'still_running',
  'cancelled',
  'deployment_failed',
] as const
export type ActionErrorCode = (typeof ACTION_ERROR_CODES)[number]

/** The one error of the Action: what failed with its value, and what to do about it. */
export class ActionError extends Error {
  readonly code: ActionErrorCode
  /** What to do. */
  readonly hint: string | undefined
  /** Of what is `rejected`: the code of the receiver's answer, where it has one. */
  readonly problem: string | undefined
  /** Of a preview that a newer run removed: that run. */
  readonly newerRun: number | undefined

  constructor(
    code: ActionErrorCode,
    message: string,
    options?: { hint?: string; problem?: string; newerRun?: number; cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? {} : { cause: options.cause })
    this.name = 'ActionError'
    this.code = code
    this.hint = options?.hint
    this.problem = options?.problem
    this.newerRun = options?.newerRun
  }
}

/** Message and hint of any error, for the one line that ends a job. */
export const describeError = (error: unknown): string => {
  if (error instanceof ActionError) {
    return error.hint === undefined ? error.message : `${error.message}\n${error.hint}`
  }
  return error instanceof Error ? error.message : String(error)
}
