import { Hono } from 'hono'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { followToken, requireReadAccess } from './auth/read-access.ts'
import { streamEvents } from './events.ts'
import { takeHook } from './hook.ts'
import { ProblemError, problemResponse } from './problem.ts'
import type { HttpApp, Services } from './services.ts'
import { preferredWait, waitForEnd } from './wait.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** The receiver's routes. `trusted` is the local socket: its file mode says who may use it. */
export function createApp(services: Services, { trusted }: { trusted: boolean }): Hono {
  const app = new Hono()
  const mayRead = (authorization: string | undefined, deployment?: string) => {
    if (trusted) return
    const { readTokens, followKey } = services
    requireReadAccess(authorization, {
      readTokens,
      followKey,
      ...(deployment === undefined ? {} : { deployment }),
    })
  }

  app.use(async (c, next) => {
    await next()
    c.header('x-content-type-options', 'nosniff')
  })

  app.get('/healthz', (c) => c.json({ status: 'ok', version: services.version }))

  app.post('/hooks/:app', async (c) => {
    const taken = await takeHook(c.req.raw, c.req.param('app'), services, { trusted })
    const seconds = preferredWait(c.req.header('prefer'))
    const deployment =
      seconds === 0 ? taken : await waitForEnd(taken, seconds, services, c.req.raw.signal)
    c.header('location', `/deployments/${deployment.id}`)
    c.header('cache-control', 'no-store')
    if (seconds > 0) c.header('preference-applied', `wait=${seconds}`)
    return c.json(
      {
        deployment,
        follow: {
          url: `${services.url}/deployments/${deployment.id}/events`,
          token: followToken(services.followKey, deployment.id),
        },
      },
      seconds === 0 ? 202 : statusOf(deployment),
    )
  })

  app.get('/apps', (c) => {
    mayRead(c.req.header('authorization'))
    return c.json({ apps: [...services.apps.values()].map((each) => describe(each, services)) })
  })

  app.get('/apps/:app', (c) => {
    mayRead(c.req.header('authorization'))
    return c.json(describe(appOf(c.req.param('app'), services), services))
  })

  app.get('/apps/:app/deployments', (c) => {
    mayRead(c.req.header('authorization'))
    const { spec } = appOf(c.req.param('app'), services)
    const before = c.req.query('before')
    return c.json({
      deployments: services.archive.list(spec.name, {
        limit: limitOf(c.req.query('limit')),
        ...(before === undefined ? {} : { before }),
      }),
    })
  })

  app.get('/deployments/:id', (c) => {
    mayRead(c.req.header('authorization'), c.req.param('id'))
    return c.json(deploymentOf(c.req.param('id'), services))
  })

  app.get('/deployments/:id/events', (c) => {
    mayRead(c.req.header('authorization'), c.req.param('id'))
    return streamEvents(c, deploymentOf(c.req.param('id'), services).id, services)
  })

  app.notFound((c) => {
    return problemResponse(
      new ProblemError('not_found', `there is no ${c.req.method} ${c.req.path}`, {
        hint: 'hooks are posted to /hooks/{app}',
      }),
    )
  })

  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(error)
    services.log('error', 'a request failed', { method: c.req.method, path: c.req.path, error })
    return problemResponse(
      new ProblemError('internal_error', 'something failed in the receiver; its log says what', {}),
    )
  })

  return app
}

function statusOf({ status }: Deployment): 200 | 202 | 409 | 422 {
  if (status === 'succeeded') return 200
  if (status === 'failed') return 422
  return status === 'superseded' ? 409 : 202
}

/** An app with what is live and what is under way. */
function describe({ spec, domains }: HttpApp, { archive }: Services) {
  const under = archive.next(spec.name)?.deployment
  return {
    name: spec.name,
    image: spec.image,
    domains,
    live: archive.live(spec.name)?.deployment ?? null,
    current: under === undefined || isFinal(under.status) ? null : under,
  }
}

function appOf(name: string, { apps }: Services): HttpApp {
  const app = apps.get(name)
  if (app !== undefined) return app
  throw new ProblemError('unknown_app', `there is no app ${JSON.stringify(name)}`, {
    hint: 'GET /apps lists them',
  })
}

function deploymentOf(id: string, { archive }: Services): Deployment {
  const found = archive.get(id)
  if (found !== undefined) return found.deployment
  throw new ProblemError('unknown_deployment', `there is no deployment ${JSON.stringify(id)}`, {
    hint: 'GET /apps/{app}/deployments lists them',
  })
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit
  throw new ProblemError('malformed_body', `limit is ${JSON.stringify(text)}`, {
    hint: `a whole number from 1 to ${MAX_LIMIT}`,
  })
}
