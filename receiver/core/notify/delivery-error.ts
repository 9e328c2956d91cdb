/** A target was not told. Its message holds no secret, and ends no sentence: `hooks.slack.com answered 404: no_service`. */
export class DeliveryError extends Error {
  readonly hint: string | undefined
  /** Whether telling it again would change nothing. */
  readonly isFinal: boolean
  /** When it wants to be asked again. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    {
      hint,
      isFinal = false,
      retryAfterMs,
      cause,
    }: {
      hint?: string
      isFinal?: boolean
      retryAfterMs?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(message, { cause })
    this.name = 'DeliveryError'
    this.hint = hint
    this.isFinal = isFinal
    this.retryAfterMs = retryAfterMs
  }
}
