import { type Context, Hono } from 'hono'
import { isAppName } from '../../core/dns-name.ts'
import { DeployError } from '../../core/errors.ts'
import type { Finding } from '../../core/finding.ts'
import { unknownApp } from '../apps.ts'
import { ProblemError } from '../problem.ts'
import { type DrainServices, readDrain, setDrain } from './drain.ts'
import { type FleetServices, readFleet } from './fleet.ts'
import { type LinkServices, loginLink } from './login-link.ts'
import { createLogs, type LogServices } from './logs.ts'
import { readAudit, type AuditServices } from './audit.ts'
import { type MaintenanceServices, readMaintenance, setMaintenance } from './maintenance.ts'
import { type OverviewServices, readOverview } from './overview.ts'
import { type NotifyServices, readNotify, testNotify } from './notify.ts'
import { type PlanServices, readPlan } from './plan.ts'
import { signTest, type TestServices } from './test-hook.ts'
import { type OperateServices, restart, start, stop } from './operate.ts'
import { show, type ShowServices } from './show.ts'
import { sendStore, type StoreServices } from './store.ts'
import { readTags, type TagServices } from './tags.ts'

export type AdminServices = AuditServices &
  ShowServices &
  LogServices &
  OverviewServices &
  PlanServices &
  TestServices &
  TagServices &
  MaintenanceServices &
  DrainServices &
  FleetServices &
  OperateServices &
  LinkServices &
  NotifyServices &
  StoreServices & {
    /** Looks at all that a deployment needs. */
    doctor(): Promise<Finding[]>
    certificates: {
      /** How each of them is. */
      describe(): Promise<Finding[]>
      /** Has their files looked at now. */
      look(): void
    }
    /**
     * Takes the config as it is on disk now, and says what changed. Throws an error with its remedy.
     * @param options with `overwrite` also Nginx's files that somebody edited are written anew
     */
    reload(options: { overwrite: boolean }): Promise<Changed>
    previews: { record: { get(app: string): unknown } }
    /** Takes a preview, or an app that is not configured, off this machine, with `volumes` its data too. */
    removeApp(what: {
      app: string
      volumes: boolean
    }): Promise<{ removed: string[]; kept: string[] }>
  }

/** What a reload changed, by name. */
export interface Changed {
  added: string[]
  changed: string[]
  /** HttpApps that are no longer configured and go on running. */
  removed: string[]
  keys: string[]
  /** Of Nginx, and of apps that it does not serve. */
  warnings: readonly string[]
  /** Files of Nginx's that somebody edited: left alone, or written anew. */
  edited: { file: string; difference: readonly string[] }[]
  overwritten: string[]
}

/** What only the operator may: it asks for no credentials, and is for the local socket alone. */
export function createAdmin(services: AdminServices): Hono {
  const logs = createLogs(services)
  return new Hono()
    .get('/audit', (c) => readAudit(c, services))
    .get('/show/:deployment', (c) => c.json(show(c.req.param('deployment'), services)))
    .get('/doctor', async (c) => c.json({ checks: await services.doctor() }))
    .get('/store', (c) => sendStore(c, services))
    .get('/certificates', async (c) => c.json({ checks: await services.certificates.describe() }))
    .post('/certificates/look', (c) => {
      services.certificates.look()
      return c.json({})
    })
    .get('/apps/:app/logs', (c) => logs(c, c.req.param('app')))
    .post('/apps/:app/test-hook', (c) => signTest(c, c.req.param('app'), services))
    .get('/overview', (c) => readOverview(c, services))
    .get('/apps/:app/plan', (c) => readPlan(c, c.req.param('app'), services))
    .get('/apps/:app/tags', (c) => readTags(c, c.req.param('app'), services))
    .get('/apps/:app/maintenance', (c) => readMaintenance(c, c.req.param('app'), services))
    .post('/apps/:app/maintenance', (c) => setMaintenance(c, c.req.param('app'), services))
    .get('/fleet', (c) => readFleet(c, services))
    .get('/drain', (c) => readDrain(c, services))
    .post('/drain', (c) => setDrain(c, services))
    .post('/apps/:app/restart', (c) => restart(c, c.req.param('app'), services))
    .post('/apps/:app/stop', (c) => stop(c, c.req.param('app'), services))
    .post('/apps/:app/start', (c) => start(c, c.req.param('app'), services))
    .post('/login-links', (c) => loginLink(c, services))
    .get('/notify', (c) => readNotify(c, services))
    .post('/notify/test', (c) => testNotify(c, services))
    .post('/reload', (c) => reload(c, services))
    .delete('/apps/:app', (c) => removeApp(c, c.req.param('app'), services))
}

/** Takes the config as it is on disk, and says what changed. */
async function reload(c: Context, services: AdminServices): Promise<Response> {
  const overwrite = readFlag(c, 'overwrite', 'overwrite=true writes files anew that were edited')
  try {
    return c.json(await services.reload({ overwrite }))
  } catch (cause) {
    const { message, hint } = cause as Error & { hint?: string }
    throw new ProblemError('config_refused', message, {
      hint: hint ?? 'the config that was read before stays in force',
      cause,
    })
  }
}

/** Takes a preview, or an app that is not configured any more, off this machine. */
async function removeApp(c: Context, app: string, services: AdminServices): Promise<Response> {
  const isPreview = services.previews.record.get(app) !== undefined
  if (services.apps.has(app) && !isPreview) {
    throw new ProblemError('app_configured', `${app} is in the config`, {
      hint: `take apps.${app} out of it and reload first: deploy-receiver reload`,
    })
  }
  if (!isAppName(app)) {
    throw unknownApp(`${JSON.stringify(app)} is not the name of an app`, services.apps)
  }
  const volumes = readFlag(c, 'volumes', 'volumes=true deletes the data of the app, too')
  const { removed, kept } = await services.removeApp({ app, volumes }).catch(notRemoved)
  if (removed.length + kept.length > 0) return c.json({ removed, kept })
  throw unknownApp(`there is nothing of an app ${JSON.stringify(app)}`, services.apps)
}

/** What Nginx or Docker had against it is known, and nothing that is left is lost: it can be asked for again. */
function notRemoved(cause: unknown): never {
  if (!(cause instanceof DeployError)) throw cause
  const { message, hint } = cause
  throw new ProblemError('not_removed', message, {
    hint: hint ?? 'deploy-receiver doctor looks at Docker and Nginx; then remove it again',
    cause,
  })
}

/** `?volumes=true`: what is deleted for good is asked for in full. */
function readFlag(c: Context, name: string, hint: string): boolean {
  const asked = c.req.query(name) ?? 'false'
  if (asked === 'true' || asked === 'false') return asked === 'true'
  throw new ProblemError('malformed_body', `${name}=${asked} is neither true nor false`, { hint })
}
