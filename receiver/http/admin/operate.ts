import type { KeyObject } from 'node:crypto'
import type { Context } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppSpec } from '../../core/app.ts'
import type { AuditEntry } from '../../core/intake/audit.ts'
import type { StoredDeployment } from '../../core/journal.ts'
import { lineOf, type Log } from '../../core/log.ts'
import { type Intake, submit } from '../../core/intake/submit.ts'
import { DeployError } from '../../core/errors.ts'
import { followToken } from '../auth/read-access.ts'
import { appNamed, type HttpApps } from '../apps.ts'
import { ProblemError } from '../problem.ts'

export interface OperateServices {
  url: string
  apps: HttpApps
  archive: {
    live(app: string): StoredDeployment | undefined
    next(app: string): { deployment: Deployment } | undefined
  }
  intake: Intake
  followKey: KeyObject
  wake(app: string): void
  log: Log
  /** Since when an app is stopped on purpose; `undefined`: it is not. */
  stoppedSince(app: string): string | undefined
  /** Throws `DeployError` when what was restored without its data is to be started, and it is not there. */
  lookForData(app: string): Promise<void>
  /** Each resolves when it is so. Throws `DeployError` when that does not come. */
  operate: { stop(app: AppSpec): Promise<void>; start(app: AppSpec): Promise<void> }
}

/** `POST /apps/{app}/restart`: a deployment of what is live, once more. */
export function restart(c: Context, name: string, services: OperateServices): Response {
  const { url, followKey } = services
  const deployment = orderRestart(name, bySocket(c), services)
  const follow = {
    url: `${url}/deployments/${deployment.id}`,
    token: followToken(followKey, deployment.id),
  }
  return c.json({ deployment, follow }, 202, { location: `/deployments/${deployment.id}` })
}

/** `POST /apps/{app}/stop`: its containers end, and visitors are told so, until it is started or deployed. */
export async function stop(c: Context, name: string, services: OperateServices): Promise<Response> {
  return answer(c, await orderStop(name, bySocket(c), services), services)
}

/** `POST /apps/{app}/start`: what was stopped runs again; with `without_data=true` also what lacks its data. */
export async function start(
  c: Context,
  name: string,
  services: OperateServices,
): Promise<Response> {
  const withoutData = c.req.query('without_data') === 'true'
  return answer(c, await orderStart(name, bySocket(c), services, { withoutData }), services)
}

/** Who orders it, and in which request. */
export type By = Pick<AuditEntry, 'sender'> & { request_id: string }

const bySocket = (c: Context): By => ({
  sender: { kind: 'socket' },
  request_id: c.get('requestId'),
})

/** Has what is live made anew. Throws `ProblemError`. */
export function orderRestart(name: string, by: By, services: OperateServices): Deployment {
  const { spec, live } = whatIsLive(name, services)
  const submitted = submit(
    {
      app: spec,
      asks: { kind: 'order', request: { action: 'redeploy', restart: live.deployment } },
      source: by.sender.person === undefined ? {} : { actor: by.sender.person },
      attestations: [],
      bodySha256: '',
      audit: { ...by, request: 'restart' },
    },
    services.intake,
  )
  if (submitted.kind !== 'accepted') throw new Error(`a restart was ${submitted.kind}`)
  services.log('info', 'restart ordered', lineOf(submitted.deployment))
  services.wake(spec.name)
  return submitted.deployment
}

/** Resolves to the app's name when its containers have ended. Throws `ProblemError`. */
export async function orderStop(name: string, by: By, services: OperateServices): Promise<string> {
  const { spec } = whatIsLive(name, services)
  note({ app: spec.name, request: 'stop', ...by }, services)
  await services.operate.stop(spec).catch(notDone)
  return spec.name
}

/** Resolves to the app's name when it runs. Throws `ProblemError`. */
export async function orderStart(
  name: string,
  by: By,
  services: OperateServices,
  { withoutData = false } = {},
): Promise<string> {
  const { spec } = whatIsLive(name, services)
  if (!withoutData) await services.lookForData(spec.name).catch(notThere)
  note({ app: spec.name, request: 'start', ...by }, services)
  await services.operate.start(spec).catch(notDone)
  return spec.name
}

const answer = (c: Context, app: string, { stoppedSince }: OperateServices) =>
  c.json({ app, stopped_since: stoppedSince(app) ?? null })

function whatIsLive(
  name: string,
  { apps, archive }: OperateServices,
): { spec: AppSpec; live: StoredDeployment } {
  const { spec } = appNamed(name, apps)
  const underWay = archive.next(spec.name)?.deployment
  if (underWay !== undefined) {
    throw new ProblemError('under_way', `${underWay.id} of ${spec.name} is under way`, {
      hint: `deploy-receiver show ${underWay.id} tells how far it is; then ask for it again`,
    })
  }
  const live = archive.live(spec.name)
  if (live !== undefined) return { spec, live }
  throw new ProblemError('not_running', `nothing of ${spec.name} is live`, {
    hint: `deploy it first: deploy-receiver deploy ${spec.name}`,
  })
}

function note(what: By & { app: string; request: string }, { intake, log }: OperateServices): void {
  const at = intake.now()
  intake.audit.add({ at, last_at: at, count: 1, outcome: 'accepted', ...what })
  const { request, sender: _sender, ...of } = what
  log('info', `${request} ordered`, of)
}

function notThere(cause: unknown): never {
  if (!(cause instanceof DeployError) || cause.code !== 'awaits_data') return notDone(cause)
  const { message, hint } = cause
  throw new ProblemError('awaits_data', message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

function notDone(cause: unknown): never {
  if (!(cause instanceof DeployError)) throw cause
  const { message, hint } = cause
  throw new ProblemError('engine_failed', message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}
