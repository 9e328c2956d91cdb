import type { Context } from 'hono'
import type { AppHealth } from '../../core/slots/app-health.ts'
import { describeApp, type DescribeServices } from '../read/describe-app.ts'

export type OverviewServices = DescribeServices & {
  /** How an app's live containers are; throws when the engine does not say. */
  health(app: string): Promise<AppHealth>
}

/** `GET /overview`: every app, and how its live containers are. */
export async function readOverview(c: Context, services: OverviewServices): Promise<Response> {
  const apps = [...services.apps.values()].map(async (app) => ({
    ...describeApp(app, services),
    // a screen that one leaves open shows the rest all the same
    health: await services.health(app.spec.name).catch(() => null),
  }))
  return c.json({ apps: await Promise.all(apps) })
}
