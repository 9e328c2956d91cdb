import type { Context } from 'hono'
import { appNamed, type HttpApps, type HttpApp } from '../apps.ts'
import { arrivalIn, type Origin } from '../arrival.ts'
import type { Authentic } from '../auth/authentic.ts'
import { ProblemError } from '../problem.ts'
import type { Refusals } from '../refusals.ts'
import { seenAtGate } from '../seen-at-gate.ts'
import { identify, type IdentifyServices, rejected } from './identify.ts'
import { readBody } from './raw-body.ts'
import { type HookContent, readHook } from './read-hook.ts'
import { submitHook, type SubmitServices } from './submit.ts'
import type { Taken } from './taken.ts'
import { createTrail, type Known, placeOf, type Trail } from './trail.ts'

export type TakeServices = IdentifyServices & SubmitServices & { refusals: Pick<Refusals, 'note'> }

/**
 * Takes one hook: host, size, shape and time of its credentials, their signature over the raw bytes, and only then what
 * the body says; at the end one durable transaction. Throws `ProblemError`.
 */
export async function takeHook(
  c: Context,
  { name, origin, services }: { name: string; origin: Origin; services: TakeServices },
): Promise<Taken> {
  const place = placeOf({ name, origin, requestId: c.get('requestId') }, services.apps)
  const trail = createTrail(services.refusals, place)

  const hook = { ...arrivalIn(c), name, origin, readBody: () => readBody(c) }
  const found = seenAtGate(c)?.found ?? (await identify(hook, services, trail))
  if (found instanceof Error) throw found
  const { authentic, body } = found
  const { sender } = authentic
  const { app, content } = await trail.orRefused({ sender }, () => {
    const allowing = allowingApp(name, authentic, services.apps)
    const read = readHook(c.req.raw.headers, { body, authentic, app: allowing })
    const isTest = (read.kind === 'order' || read.kind === 'removal') && read.test
    if (authentic.testsAlone === true && !isTest) {
      throw rejected('a key that was made for a test signed something else')
    }
    refuseForApp(read, authentic)
    return { app: allowing, content: read }
  })
  const known = { sender, request: content.summary }
  const taken = await trail.orRefused(known, () =>
    submitHook(content, { app, authentic, body, place }, services),
  )
  noteWhatIsNotNew(taken, known, trail)
  return taken
}

/** The app, if it exists and allows the claims of this authentic sender. Throws `ProblemError`. */
function allowingApp(name: string, { refused, previews }: Authentic, apps: HttpApps): HttpApp {
  const app = appNamed(name, apps)
  if (refused === undefined || previews !== undefined) return app
  throw new ProblemError('claims_not_allowed', refused, {
    hint: `apps.${name}.auth.oidc says whose tokens are allowed`,
  })
}

/** Who may touch previews alone does not touch their app. */
function refuseForApp(content: HookContent, { refused }: Authentic): void {
  if (refused === undefined || 'preview' in content) return
  throw new ProblemError('preview_not_allowed', refused, {
    hint: 'it may be sent for a preview: {"preview": "pr-42", "image": "…"}',
  })
}

/** What was accepted stands in the audit trail already, kept in one transaction with its deployment. */
function noteWhatIsNotNew(taken: Taken, known: Known, trail: Trail): void {
  switch (taken.kind) {
    case 'tested':
      return trail.note({ ...known, outcome: 'ignored', reason: `a test: ${taken.detail}` })
    case 'ignored':
      return trail.note({ ...known, outcome: 'ignored', reason: taken.reason })
    case 'repeated':
    case 'unchanged':
      return trail.note({ ...known, outcome: taken.kind, deployment: taken.deployment.id })
    case 'accepted':
    case 'leaves':
    case 'pong':
  }
}
