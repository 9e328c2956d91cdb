import type { Context } from 'hono'
import { fileFailure } from '../../core/file-failure.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { Maintenance } from '../../core/slots/maintenance.ts'
import { appNamed, type HttpApps } from '../apps.ts'
import { ProblemError } from '../problem.ts'

export interface MaintenanceServices {
  apps: HttpApps
  maintenance: {
    look(app: string): Promise<Maintenance>
    /** Throws the file system's own error. */
    switch(what: { app: string; isOn: boolean; sender: Sender }): Promise<Maintenance>
  }
}

/** `GET /apps/{app}/maintenance`: whether visitors are told so, and what they get. */
export async function readMaintenance(
  c: Context,
  name: string,
  { apps, maintenance }: MaintenanceServices,
): Promise<Response> {
  return answer(c, name, await maintenance.look(withVisitors(name, apps)))
}

/** `POST /apps/{app}/maintenance?on=true`: has Nginx tell them from now on, or with `false` no longer. */
export async function setMaintenance(
  c: Context,
  name: string,
  services: MaintenanceServices,
): Promise<Response> {
  const on = c.req.query('on')
  if (on !== 'true' && on !== 'false') {
    const hint = 'on=true turns visitors away, on=false lets them in again'
    throw new ProblemError('malformed_body', `on=${on ?? ''} is neither true nor false`, { hint })
  }
  const what = { name, isOn: on === 'true', sender: { kind: 'socket' } as const }
  return answer(c, name, await switchedMaintenance(what, services))
}

/** Switches it, and says what visitors get then. Throws `ProblemError`. */
export async function switchedMaintenance(
  { name, isOn, sender }: { name: string; isOn: boolean; sender: Sender },
  { apps, maintenance }: MaintenanceServices,
): Promise<Maintenance> {
  return maintenance.switch({ app: withVisitors(name, apps), isOn, sender }).catch(notSwitched)
}

const answer = (c: Context, app: string, { since, stoppedSince, seen }: Maintenance) =>
  c.json({
    app,
    maintenance: since !== undefined,
    since: since ?? null,
    stopped_since: stoppedSince ?? null,
    seen,
  })

function withVisitors(name: string, apps: HttpApps): string {
  const { spec } = appNamed(name, apps)
  if (spec.http) return spec.name
  throw new ProblemError('no_visitors', `${name} is a worker (http: false): it has no visitors`, {
    hint: 'maintenance is for apps that Nginx sends requests to; deploy-receiver status lists all',
  })
}

/** It is a file that is made or removed. */
function notSwitched(cause: unknown): never {
  const { path } = (cause ?? {}) as { path?: unknown }
  const failure = typeof path === 'string' ? fileFailure(path, cause) : undefined
  if (failure === undefined) throw cause
  throw new ProblemError('store_failed', failure.message, { hint: failure.hint, cause })
}
