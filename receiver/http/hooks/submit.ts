import { createHash } from 'node:crypto'
import type { Deployment } from '../../../protocol/deployment.ts'
import { RequestError } from '../../core/intake/rollback-target.ts'
import { type IdempotencyKey, type Intake, submit, trySubmit } from '../../core/intake/submit.ts'
import type { HttpApp } from '../apps.ts'
import type { Authentic } from '../auth/authentic.ts'
import { deploymentsOf } from '../listings.ts'
import { ProblemError } from '../problem.ts'
import { rejected } from './identify.ts'
import { type ResolveServices, takeHint } from './push-hint.ts'
import type { HookContent } from './read-hook.ts'

/** What became of a hook. */
export type Taken =
  | { kind: 'accepted' | 'repeated' | 'unchanged'; deployment: Deployment }
  | { kind: 'ignored'; reason: string }
  /** What would have come of it. */
  | { kind: 'tested'; detail: string }
  | { kind: 'pong' }

export interface SubmitServices extends ResolveServices {
  intake: Intake
  /** Tells an app's reconciler to look. */
  wake(app: string): void
}

/** An allowed hook on its way to a deployment. */
interface Allowed {
  app: HttpApp
  authentic: Authentic
  body: Uint8Array
  /** Where it came in, for the log and the audit trail. */
  place: { address?: string; request_id?: string }
}

/** Makes an allowed hook a durable deployment, or says why there is nothing to do. Throws `ProblemError`. */
export async function submitHook(
  content: HookContent,
  allowed: Allowed,
  services: SubmitServices,
): Promise<Taken> {
  if (content.kind === 'ping') return { kind: 'pong' }
  const { app, authentic, place } = allowed
  const { spec } = app
  const asks =
    content.kind === 'order'
      ? content
      : await takeHint(content, { spec, requestId: place.request_id }, services)
  if (asks.kind === 'ignored') return asks
  const key = keyOf(content, authentic)
  const onVm = authentic.sender.kind === 'socket'
  const isTest = content.kind === 'order' && content.test
  const outcome = answered({ app: app.spec.name, onVm }, () =>
    (isTest ? trySubmit : submit)(
      {
        app: app.spec,
        asks,
        source: content.source,
        attestations: content.attestations,
        bodySha256: createHash('sha256').update(allowed.body).digest('hex'),
        ...(key === undefined ? {} : { key }),
        ...(authentic.token === undefined ? {} : { token: authentic.token }),
        audit: { sender: authentic.sender, request: content.summary, ...place },
      },
      services.intake,
    ),
  )
  switch (outcome.kind) {
    case 'replayed':
      throw rejected('the token was used before')
    case 'id_reused':
      throw new ProblemError(
        'id_reused',
        `the id ${JSON.stringify(key?.key)} came with another body before`,
        { hint: 'give every new request an id of its own' },
      )
    case 'accepted':
      if (isTest) return { kind: 'tested', detail: `${content.summary} would be accepted` }
      services.log('info', 'hook accepted', {
        app: app.spec.name,
        ...place,
        sender: authentic.sender,
        request: content.summary,
        deployment: outcome.deployment.id,
      })
      services.wake(app.spec.name)
      return outcome
    case 'repeated':
      if (!isTest) return outcome
      return {
        kind: 'tested',
        detail: `its id was answered before, by ${outcome.deployment.id}: nothing would be started`,
      }
    case 'unchanged':
    case 'ignored':
      return outcome
  }
}

/** What the signature names goes before what the body names: it is there in every request of its kind. */
function keyOf({ id }: HookContent, { key }: Authentic): IdempotencyKey | undefined {
  return key ?? (id === undefined ? undefined : { kind: 'body', key: id })
}

function answered<T>({ app, onVm }: { app: string; onVm: boolean }, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw new ProblemError(error.code, error.message, {
      hint: `${deploymentsOf(app, onVm)} lists what was live; ${error.hint}`,
    })
  }
}
