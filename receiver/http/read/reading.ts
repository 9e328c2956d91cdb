import { type Context, Hono } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import { requireReadAccess } from '../auth/read-access.ts'
import type { HttpApp } from '../apps.ts'
import { foreignHost, type IsOwnHost, type Place } from '../hosts.ts'
import { allApps, deploymentsOf } from '../listings.ts'
import { pageOf } from '../paging.ts'
import { ProblemError } from '../problem.ts'
import { lookAtApp, type DescribeServices } from './describe-app.ts'
import { type EventServices, streamEvents } from './events.ts'

export type ReadServices = DescribeServices &
  EventServices & {
    archive: {
      get(id: string): { deployment: Deployment } | undefined
      /** Newest first; `before` is a deployment's id. */
      list(app: string, page: { limit: number; before?: string }): Deployment[]
    }
    readTokens: readonly string[]
    /** Key of the follow tokens. */
    followKey: Uint8Array
  }

/** What only looks: apps, deployments and their events. `trusted` is the local socket: its file mode says who may. */
export function createReading(services: ReadServices, place: Place): Hono {
  const mayRead = (c: Context, deployment?: string) => {
    if (place.trusted) return
    requireOwnHost(c, place.isOwnHost)
    requireReadAccess(c.req.header('authorization'), accessTo(services, deployment))
  }

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
      return streamEvents(c, deploymentOf(c.req.param('id'), services, place), services)
    })
}

function requireOwnHost(c: Context, isOwnHost: IsOwnHost): void {
  const foreign = foreignHost(c, isOwnHost)
  if (foreign === undefined) return
  throw new ProblemError('token_rejected', foreign, {
    hint: 'ask under the host of `url:`, or at the address of `admin:` by IP address, as localhost, or under the name that stands there',
  })
}

const accessTo = ({ readTokens, followKey }: ReadServices, deployment: string | undefined) => ({
  readTokens,
  followKey,
  ...(deployment === undefined ? {} : { deployment }),
})

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
