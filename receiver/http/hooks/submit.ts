import { hash } from 'node:crypto'
import { RequestError } from '../../core/intake/rollback-target.ts'
import { type IdempotencyKey, submitTogether, trySubmit } from '../../core/intake/submit.ts'
import type { Authentic } from '../auth/authentic.ts'
import { deploymentsOf } from '../listings.ts'
import { ProblemError } from '../problem.ts'
import { rejected } from './identify.ts'
import { type ResolveServices, takeHint } from './push-hint.ts'
import { PreviewError } from '../../core/previews/preview.ts'
import {
  admittedPreview,
  announceRefused,
  previewProblem,
  type PreviewServices,
  removePreview,
} from './preview.ts'
import type { HookContent } from './read-hook.ts'
import type { Allowed, Taken } from './taken.ts'

export interface SubmitServices extends ResolveServices, PreviewServices {
  /** Tells an app's reconciler to look. */
  wake(app: string): void
}

/** Makes an allowed hook a durable deployment, or says why there is nothing to do. Throws `ProblemError`. */
export async function submitHook(
  content: HookContent,
  allowed: Allowed,
  services: SubmitServices,
): Promise<Taken> {
  if (content.kind === 'ping') return { kind: 'pong' }
  const { app, authentic, place } = allowed
  if (content.kind === 'removal') return removePreview(content, allowed, services)
  const preview = content.kind === 'order' ? admittedPreview(content, allowed, services) : undefined
  const spec = preview?.spec ?? app.spec
  const asks =
    content.kind === 'order'
      ? content
      : await takeHint(content, { spec, requestId: place.request_id }, services)
  if (asks.kind === 'ignored') return asks
  const key = keyOf(content, authentic)
  const onVm = authentic.sender.kind === 'socket'
  const isTest = content.kind === 'order' && content.test
  const refused = (error: PreviewError) => {
    if (!isTest) announceRefused(error, { app: spec.name, of: app.spec.name }, services)
  }
  const outcome = await answered({ app: spec.name, onVm, refused }, () =>
    (isTest ? trySubmit : submitTogether)(
      {
        app: spec,
        asks,
        ...(preview === undefined ? {} : { admit: preview.admit }),
        source: content.source,
        attestations: content.attestations,
        bodySha256: hash('sha256', allowed.body),
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
        ...place,
        app: spec.name,
        sender: authentic.sender,
        request: content.summary,
        deployment: outcome.deployment.id,
      })
      if (preview === undefined) services.wake(spec.name)
      else services.previews.changed(spec.name)
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

async function answered<T>(
  { app, onVm, refused }: { app: string; onVm: boolean; refused: (error: PreviewError) => void },
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PreviewError) {
      refused(error)
      throw previewProblem(error)
    }
    if (!(error instanceof RequestError)) throw error
    throw new ProblemError(error.code, error.message, {
      hint: `${deploymentsOf(app, onVm)} lists what was live; ${error.hint}`,
    })
  }
}
