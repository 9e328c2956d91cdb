import type { Context } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppHealth } from '../../core/slots/app-health.ts'
import { describeApp, type DescribeServices } from '../read/describe-app.ts'

export type OverviewServices = DescribeServices & {
  archive: { list(app: string, page: { limit: number }): Deployment[] }
  /** How an app's live containers are; throws when the engine does not say. */
  health(app: string): Promise<AppHealth>
}

/** `GET /overview`: every app with what became of its last deployment, and how its live containers are. */
export async function readOverview(c: Context, services: OverviewServices): Promise<Response> {
  const apps = [...services.apps.values()].map(async (app) => ({
    ...describeApp(app, services),
    last: services.archive.list(app.spec.name, { limit: 1 })[0] ?? null,
    // a screen that one leaves open shows the rest all the same
    health: await services.health(app.spec.name).catch(() => null),
  }))
  return c.json({ apps: await Promise.all(apps) })
}
