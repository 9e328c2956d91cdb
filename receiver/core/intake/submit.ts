import type { Deployment } from '../../../protocol/deployment.ts'
import type { Source } from '../../../protocol/hook.ts'
import type { AppSpec } from '../app.ts'
import type { Together } from '../group-commit.ts'
import type { AuditEntry, AuditTrail } from './audit.ts'
import { holdsOf, pendingRollback } from './hold.ts'
import { type Hint, refusedBy, settledBy } from './push-hint.ts'
import { newDeployment, type Request } from './new-deployment.ts'
import type { History } from './rollback-target.ts'
import { supersede, type SupersedePorts } from './supersede.ts'

export const DAY_SECONDS = 24 * 60 * 60
const KEEP_SECONDS = {
  body: DAY_SECONDS,
  // a signature is good for ten minutes
  webhook: DAY_SECONDS,
  // such a signature never expires
  github: 3650 * DAY_SECONDS,
}

/** Where an idempotency key comes from: the body's `id`, the header `webhook-id`, or the whole body of a GitHub webhook. */
export interface IdempotencyKey {
  kind: keyof typeof KEEP_SECONDS
  key: string
}

/** The durable side of the way in. All calls of one `transaction` are kept together, or none. */
export interface Intake extends SupersedePorts {
  transaction<T>(work: () => T): T
  /** A transaction that others share. */
  together: Together
  /** Marks a token as used; `false` when it was already. Times are Unix seconds. */
  useToken(token: { issuer: string; jti: string; expiresAt: number }): boolean
  /** The deployment that this key of the app got, with the SHA-256 of its body. */
  answered(app: string, key: IdempotencyKey): { deployment: string; bodySha256: string } | undefined
  remember(
    app: string,
    key: IdempotencyKey,
    answer: { deployment: string; bodySha256: string; expiresAt: number },
  ): void
  history(app: string): History
  live(app: string): Deployment | undefined
  /** The deployment that was accepted last. */
  newest(app: string): Deployment | undefined
  /** Deployments of an app that are running or wait, oldest first. */
  unfinished(app: string): Deployment[]
  /** An app's deployments, newest first, read as they are taken. */
  recent(app: string): Iterable<Deployment>
  get(id: string): Deployment | undefined
  /** Keeps a new deployment and what came with it, and returns it as it is kept: without secrets. */
  add(deployment: Deployment, attestations: readonly unknown[]): Deployment
  audit: Pick<AuditTrail, 'add'>
  newId(): string
  nowSeconds(): number
  /** Milliseconds since such a time. */
  ageMs(at: string): number
}

export interface Submission {
  app: AppSpec
  /** What the sender orders, or what a registry said was pushed. */
  asks: { kind: 'order'; request: Request } | { kind: 'hint'; hint: Hint }
  source: Source
  /** Sigstore bundles that came with it. */
  attestations: readonly unknown[]
  bodySha256: string
  key?: IdempotencyKey
  token?: { issuer: string; jti: string; expiresAt: number }
  /** Has the app be there when it is deployed, or throws: it is not made for what was answered before. */
  admit?: (now: string) => void
  /** Of whoever asked, and of the request: absent when nobody sent one. */
  audit: Pick<AuditEntry, 'sender' | 'address' | 'request' | 'request_id'>
}

export type Submitted =
  | { kind: 'accepted' | 'repeated' | 'unchanged'; deployment: Deployment }
  | { kind: 'ignored'; reason: string }
  | { kind: 'replayed' }
  | { kind: 'id_reused' }

/**
 * Makes an allowed request a durable deployment, once: a used token is refused, a known idempotency key gets the
 * deployment that it got before, a hint at what runs already changes nothing, and one at what is on hold is ignored. The new
 * deployment supersedes those of the app that still wait. Throws `RequestError` for a rollback to nowhere.
 */
export const submit = (submission: Submission, intake: Intake): Submitted =>
  intake.transaction(() => take(submission, intake))

/** The same for hooks, which come in bursts: those of one moment are durable by one write. Rejects with what {@link submit} throws. */
export const submitTogether = (submission: Submission, intake: Intake): Promise<Submitted> =>
  intake.together(() => take(submission, intake))

/** Says what would come of it, and takes all of it back. Throws what {@link submit} throws. */
export function trySubmit(submission: Submission, intake: Intake): Submitted {
  let outcome: Submitted | undefined
  try {
    intake.transaction(() => {
      outcome = take(submission, intake)
      throw new TakenBack()
    })
  } catch (error) {
    if (!(error instanceof TakenBack) || outcome === undefined) throw error
  }
  return outcome as Submitted
}

class TakenBack extends Error {}

function take(submission: Submission, intake: Intake): Submitted {
  const { app, asks, source, bodySha256, key, token, audit } = submission
  if (token !== undefined) {
    const expiresAt = Math.max(token.expiresAt, intake.nowSeconds()) + DAY_SECONDS
    if (!intake.useToken({ ...token, expiresAt })) return { kind: 'replayed' }
  }
  const earlier = key === undefined ? undefined : intake.answered(app.name, key)
  if (earlier !== undefined) {
    const deployment = intake.get(earlier.deployment)
    if (earlier.bodySha256 !== bodySha256 || deployment === undefined) {
      return { kind: 'id_reused' }
    }
    return { kind: 'repeated', deployment }
  }
  const remember = (deployment: Deployment) => {
    if (key === undefined) return
    const expiresAt = intake.nowSeconds() + KEEP_SECONDS[key.kind]
    intake.remember(app.name, key, { deployment: deployment.id, bodySha256, expiresAt })
  }
  if (asks.kind === 'hint') {
    const settled = settledBy(asks.hint, {
      newest: intake.newest(app.name),
      live: intake.live(app.name),
      ageMs: intake.ageMs,
    })
    if (settled !== undefined) {
      remember(settled)
      return { kind: 'unchanged', deployment: settled }
    }
    const reason = refusedBy(app.name, asks.hint, {
      holds: holdsOf(intake.recent(app.name), intake.live(app.name)),
      rollback: pendingRollback(intake.unfinished(app.name)),
    })
    // its key is not used up: sent again when the hold is over, it counts
    if (reason !== undefined) return { kind: 'ignored', reason }
  }
  submission.admit?.(intake.now())
  const live = intake.live(app.name)
  const asked = newDeployment({
    id: intake.newId(),
    app,
    request: asks.kind === 'order' ? asks.request : requestOf(asks.hint),
    source,
    ...(audit.request_id === undefined ? {} : { requestId: audit.request_id }),
    // until it is found out anew
    ...(live?.url === undefined ? {} : { url: live.url }),
    now: intake.now(),
    history: () => intake.history(app.name),
    live: () => live?.image.digest,
  })
  supersede(app.name, intake)
  const deployment = intake.add(asked, submission.attestations)
  remember(deployment)
  const at = deployment.created_at
  intake.audit.add({
    at,
    last_at: at,
    count: 1,
    app: app.name,
    outcome: 'accepted',
    deployment: deployment.id,
    ...audit,
  })
  return { kind: 'accepted', deployment }
}

/** A digest that is not known yet is looked at again when it is: it may be on hold. */
const requestOf = ({ tag, digest }: Hint): Request =>
  digest === undefined ? { action: 'deploy', tag, hint: true } : { action: 'deploy', tag, digest }
