import { calledPreview } from '../../../protocol/preview-name.ts'
import type { AppSpec } from '../../core/app.ts'
import { defined } from '../../core/defined.ts'
import { DAY_SECONDS, type Intake } from '../../core/intake/submit.ts'
import type { Log } from '../../core/log.ts'
import type { PreviewNews } from '../../core/notify/news.ts'
import { admitPreview } from '../../core/previews/admit.ts'
import type { PreviewError, PreviewRecord, Run } from '../../core/previews/preview.ts'
import { takeAway } from '../../core/previews/take-away.ts'
import type { HttpApp } from '../apps.ts'
import { isMerged, originOf, refusedPreview, runOf } from '../auth/preview-rights.ts'
import { ProblemError } from '../problem.ts'
import { rejected } from './identify.ts'
import type { HookContent } from './read-hook.ts'
import type { Allowed, Taken } from './taken.ts'

export interface PreviewServices {
  intake: Intake
  previews: {
    record: PreviewRecord
    /** In which all of them stand; `undefined`: nothing is Docker's. */
    subnet: string | undefined
    /** One was put on record, or is to go by it. */
    changed(app: string): void
    /** Tells who wants to hear of it what became of one; nothing twice under one name. */
    announce(news: PreviewNews, once: string): void
  }
  log: Log
}

/** The preview that an order is for, and how it is made if it is not there. `undefined`: the order is for the app itself. */
export function admittedPreview(
  content: HookContent & { kind: 'order' },
  { app, authentic }: Pick<Allowed, 'app' | 'authentic'>,
  { previews: { record, subnet } }: PreviewServices,
): { spec: AppSpec; admit(now: string): void } | undefined {
  if (content.preview === undefined) return undefined
  const { spec, max, name, broken } = previewOf(app, content.preview)
  const of = app.spec.name
  const rights = authentic.previews
  const mayTouch = () => refuse({ of, name, remove: false, known: record.get(spec.name) }, rights)
  mayTouch()
  if (broken !== undefined) throw previewsBroken(of, broken)
  const origin = originOf(rights)
  const wanted = {
    app: spec.name,
    of,
    ...defined({ run: runOf(rights) ?? runOfSource(content), origin }),
    ...defined({ askedAt: askedAt(content, authentic) }),
  }
  return {
    spec,
    admit(now) {
      // somebody else may have made it in this moment
      mayTouch()
      admitPreview(wanted, { max, subnet, record, now })
    },
  }
}

/** Has a preview go, durably: what stands of it is removed afterwards. Throws `ProblemError`. */
export function removePreview(
  content: HookContent & { kind: 'removal' },
  { app, authentic, place }: Pick<Allowed, 'app' | 'authentic' | 'place'>,
  services: PreviewServices,
): Taken {
  const { intake, previews, log } = services
  const { spec, name } = previewOf(app, content.preview)
  const of = app.spec.name
  const rights = authentic.previews
  const known = previews.record.get(spec.name)
  refuse({ of, name, remove: true, known }, rights)
  if (content.test) return { kind: 'tested', detail: `${content.summary} would be accepted` }
  const run = runOf(rights) ?? runOfSource(content)
  const branch = originOf(rights)
  // whose pull request is over says so of its own branch, and of no number
  const isOwnName = !isMerged(rights) || known !== undefined
  const leaves = intake.transaction(() => {
    if (!useUp(spec.name, authentic, intake)) return 'repeated'
    const at = intake.now()
    const { sender } = authentic
    intake.audit.add({
      ...place,
      at,
      last_at: at,
      count: 1,
      app: spec.name,
      sender,
      outcome: 'accepted',
      request: content.summary,
    })
    return takeAway(
      {
        app: isOwnName ? spec.name : undefined,
        of,
        ...defined({ run: run?.id, branch }),
      },
      { record: previews.record, now: at },
    )
  })
  if (leaves === 'repeated') return { kind: 'ignored', reason: 'this was done before' }
  if (leaves === undefined) return { kind: 'ignored', reason: `there is no preview ${spec.name}` }
  log('info', 'preview goes', { ...place, app: spec.name, sender: authentic.sender })
  previews.changed(spec.name)
  return { kind: 'leaves', preview: spec.name }
}

/** What came once is not done twice: a preview of that name may have been made anew since. Throws `ProblemError`. */
function useUp(app: string, { token, key }: Allowed['authentic'], intake: Intake): boolean {
  const expiresAt = Math.max(token?.expiresAt ?? 0, intake.nowSeconds()) + DAY_SECONDS
  if (token !== undefined && !intake.useToken({ ...token, expiresAt })) {
    throw rejected('the token was used before')
  }
  // no issuer is called so
  const once = { issuer: `removal of ${app}`, jti: key?.key ?? '', expiresAt }
  return key === undefined || intake.useToken(once)
}

const previewsBroken = (of: string, why: string) =>
  new ProblemError('config_refused', `${of} has no previews at the moment: ${why}`, {
    hint: 'deploy-receiver check says where; deploy-receiver reload takes it when it is right',
  })

function previewOf(
  app: HttpApp,
  text: string,
): { spec: AppSpec; max: number; name: string; broken: string | undefined } {
  const { previews, spec } = app
  if (previews === undefined) {
    throw new ProblemError('preview_not_allowed', `${spec.name} has no previews`, {
      hint: `apps.${spec.name}.previews has it have some (docs/previews.md)`,
    })
  }
  const name = calledPreview(spec.name, text)
  return { spec: previews.specOf(name), max: previews.max, name, broken: previews.broken }
}

function refuse(
  ...asked: [Parameters<typeof refusedPreview>[1], Allowed['authentic']['previews']]
) {
  const [what, rights] = asked
  const refused = refusedPreview(rights, what)
  if (refused === undefined) return
  throw new ProblemError('preview_not_allowed', refused, {
    hint: `apps.${what.of}.previews.auth says who may touch which preview (docs/previews.md)`,
  })
}

/** As the Action says it, of what is signed by a key. */
function runOfSource({ source }: Pick<HookContent, 'source'>): Run | undefined {
  const [, id, attempt = '1'] =
    /\/actions\/runs\/(\d{1,15})(?:$|\/(?:attempts\/(\d{1,15}))?)/.exec(source.run_url ?? '') ?? []
  return id === undefined ? undefined : { id: Number(id), attempt: Number(attempt) }
}

/** What it is made for happened then, or before: a run may have waited since, and whoever signs did not. */
function askedAt(
  { askedAt: said }: { askedAt?: string },
  { signedAt }: Pick<Allowed['authentic'], 'signedAt'>,
): string | undefined {
  const times = [
    ...(said === undefined ? [] : [Date.parse(said)]),
    ...(signedAt === undefined ? [] : [signedAt * 1000]),
  ]
  // they have no part of a second
  return times.length === 0 ? undefined : new Date(Math.min(...times) + 999).toISOString()
}

/** Of one that is not there for want of room is told, once a day. */
export function announceRefused(
  { code, message, hint }: PreviewError,
  { app, of }: { app: string; of: string },
  { intake, previews }: PreviewServices,
): void {
  if (code !== 'too_many_previews') return
  const today = intake.now().slice(0, '2026-01-01'.length)
  previews.announce({ app, of, became: 'refused', message, hint }, today)
}

export const previewProblem = ({ code, message, hint, newerRun }: PreviewError): ProblemError =>
  new ProblemError(code, message, {
    hint,
    ...(newerRun === undefined ? {} : { newerRun }),
    ...(code === 'preview_leaves' ? { headers: { 'retry-after': '5' } } : {}),
  })
