import { type Context, Hono } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import { defined } from '../../core/defined.ts'
import type { HttpApp } from '../apps.ts'
import type { Place } from '../hosts.ts'
import { allApps, deploymentsOf } from '../listings.ts'
import { pageOf } from '../paging.ts'
import { ProblemError } from '../problem.ts'
import { lookAtApp, type DescribeServices } from './describe-app.ts'
import { createStreamEvents, type EventServices } from './events.ts'
import { type AccessServices, requireMayRead } from './may-read.ts'

export type ReadServices = DescribeServices &
  EventServices &
  AccessServices & {
    archive: {
      get(id: string): { deployment: Deployment } | undefined
      /** Newest first; `before` is a deployment's id. */
      list(app: string, page: { limit: number; before?: string }): Deployment[]
    }
  }

/** What only looks: apps, deployments and their events. `trusted` is the local socket: its file mode says who may. */
export function createReading(services: ReadServices, place: Place): Hono {
  const streamEvents = createStreamEvents(services)
  const mayRead = (c: Context, deployment?: string) =>
    requireMayRead(c, { services, place, ...defined({ deployment }) })

  return new Hono()
    .get('/apps', async (c) => {
      mayRead(c)
      const all = [...services.apps.values()].map((app) => lookAtApp(app, services))
      return c.json({ apps: await Promise.all(all) })
    })
    .get('/apps/:app', async (c) => {
      mayRead(c)
      return c.json(await lookAtApp(appOf(c.req.param('app'), services, place), services))
    })
    .get('/apps/:app/deployments', (c) => {
      mayRead(c)
      const { spec } = appOf(c.req.param('app'), services, place)
      return c.json({ deployments: services.archive.list(spec.name, pageOf(c)) })
    })
    .get('/deployments/:id', (c) => {
      mayRead(c, c.req.param('id'))
      return c.json(deploymentOf(c.req.param('id'), services, place))
    })
    .get('/deployments/:id/events', (c) => {
      mayRead(c, c.req.param('id'))
      return streamEvents(c, deploymentOf(c.req.param('id'), services, place))
    })
}

function appOf(name: string, { apps }: ReadServices, { trusted }: Place): HttpApp {
  const app = apps.get(name)
  if (app !== undefined) return app
  throw new ProblemError('unknown_app', `there is no app ${JSON.stringify(name)}`, {
    hint: `${allApps(trusted)} lists them`,
  })
}

function deploymentOf(id: string, { archive }: ReadServices, { trusted }: Place): Deployment {
  const found = archive.get(id)
  if (found !== undefined) return found.deployment
  throw new ProblemError('unknown_deployment', `there is no deployment ${JSON.stringify(id)}`, {
    hint: `${deploymentsOf(trusted ? 'APP' : '{app}', trusted)} lists them`,
  })
}
