import type { LimitOf } from './orders.ts'

/** Of an answer of the CA what counts the next time: it could not see whose the names are, or a limit of its is reached. */
export type Verdict = { kind: 'unproven' } | { kind: 'limited'; of: LimitOf }

/** Why there is no right certificate. Its message is shown to users as it is. */
export class CertificateError extends Error {
  /** What to do about it. */
  readonly hint: string
  /** How long the CA asks to be left alone. */
  readonly retryAfterMs: number | undefined
  readonly verdict: Verdict | undefined

  constructor(
    message: string,
    {
      hint,
      retryAfterMs,
      verdict,
      cause,
    }: { hint: string; retryAfterMs?: number; verdict?: Verdict; cause?: unknown },
  ) {
    super(message, { cause })
    this.name = 'CertificateError'
    this.hint = hint
    this.retryAfterMs = retryAfterMs
    this.verdict = verdict
  }
}
