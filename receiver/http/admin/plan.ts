import type { Context } from 'hono'
import type { AppSpec } from '../../core/app.ts'
import { DeployError } from '../../core/errors.ts'
import type { Planned } from '../../core/plan.ts'
import { appNamed, type HttpApps } from '../apps.ts'
import { imageFor } from '../hooks/read-hook.ts'
import { ProblemError } from '../problem.ts'

export interface PlanServices {
  apps: HttpApps
  /** What a deployment would change. Throws `DeployError` of a registry. */
  plan(app: AppSpec, wanted: { tag?: string; digest?: string }): Promise<Planned>
}

/** `GET /apps/{app}/plan?image=`: what a deployment of that image, or of the followed tag, would change. */
export async function readPlan(c: Context, name: string, services: PlanServices) {
  const app = appNamed(name, services.apps)
  const image = c.req.query('image')
  const wanted = image === undefined ? {} : imageFor(app, image)
  const plan = await services.plan(app.spec, wanted).catch((cause: unknown) => {
    if (!(cause instanceof DeployError)) throw cause
    const { message, hint } = cause
    throw new ProblemError('registry_failed', message, hint === undefined ? {} : { hint })
  })
  return c.json(plan)
}
