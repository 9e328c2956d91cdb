import type { Deployment } from '../../protocol/deployment.ts'
import type { Source } from '../../protocol/hook.ts'
import type { AppSpec } from './app.ts'
import { newDeployment, type Past, type Request } from './queue.ts'

const KEEP_SECONDS = 24 * 60 * 60

/** Where an idempotency key comes from: the body's `id`, or the header `webhook-id`. */
export interface IdempotencyKey {
  kind: 'body' | 'webhook'
  key: string
}

/** The durable side of the way in. All calls of one `transaction` are kept together, or none. */
export interface Intake {
  transaction<T>(work: () => T): T
  /** Marks a token as used; `false` when it was already. Times are Unix seconds. */
  useToken(token: { issuer: string; jti: string; expiresAt: number }): boolean
  /** The deployment that this key of the app got, with the SHA-256 of its body. */
  answered(app: string, key: IdempotencyKey): { deployment: string; bodySha256: string } | undefined
  remember(
    app: string,
    key: IdempotencyKey,
    answer: { deployment: string; bodySha256: string; expiresAt: number },
  ): void
  history(app: string): Past[]
  liveDigest(app: string): string | undefined
  get(id: string): Deployment | undefined
  accept(deployment: Deployment): void
  newId(): string
  /** ISO 8601. */
  now(): string
  nowSeconds(): number
}

export interface Submission {
  app: AppSpec
  request: Request
  source: Source
  bodySha256: string
  key?: IdempotencyKey
  token?: { issuer: string; jti: string; expiresAt: number }
}

export type Outcome =
  | { kind: 'accepted' | 'repeated'; deployment: Deployment }
  | { kind: 'replayed' }
  | { kind: 'id_reused' }

/**
 * Makes an allowed request a durable deployment, once: a used token is refused, and a known idempotency key gets the
 * deployment that it got before. Throws `RequestError` for a rollback to nowhere.
 */
export function submit(submission: Submission, intake: Intake): Outcome {
  const { app, request, source, bodySha256, key, token } = submission
  return intake.transaction(() => {
    const expiresAt = intake.nowSeconds() + KEEP_SECONDS
    if (token !== undefined) {
      const used = !intake.useToken({ ...token, expiresAt: token.expiresAt + KEEP_SECONDS })
      if (used) return { kind: 'replayed' }
    }
    const earlier = key === undefined ? undefined : intake.answered(app.name, key)
    if (earlier !== undefined) {
      const deployment = intake.get(earlier.deployment)
      if (earlier.bodySha256 !== bodySha256 || deployment === undefined) {
        return { kind: 'id_reused' }
      }
      return { kind: 'repeated', deployment }
    }
    const deployment = newDeployment({
      id: intake.newId(),
      app,
      request,
      source,
      now: intake.now(),
      history: intake.history(app.name),
      live: intake.liveDigest(app.name),
    })
    intake.accept(deployment)
    if (key !== undefined) {
      intake.remember(app.name, key, { deployment: deployment.id, bodySha256, expiresAt })
    }
    return { kind: 'accepted', deployment }
  })
}
