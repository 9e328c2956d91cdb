/** Why there is no right certificate. Its message is shown to users as it is. */
export class CertificateError extends Error {
  /** What to do about it. */
  readonly hint: string
  /** How long the CA asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    { hint, retryAfterMs, cause }: { hint: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause })
    this.name = 'CertificateError'
    this.hint = hint
    this.retryAfterMs = retryAfterMs
  }
}
