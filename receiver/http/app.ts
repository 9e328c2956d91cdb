import { type Context, Hono } from 'hono'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { DeployError } from '../core/errors.ts'
import { readAudit } from './admin/audit.ts'
import { appOfHeaders } from './auth/basic.ts'
import { followToken, requireReadAccess } from './auth/read-access.ts'
import { streamEvents } from './read/events.ts'
import { type Origin, type Taken, takeHook } from './hooks/take.ts'
import { addressOf, rateLimit } from './limits/rate-limit.ts'
import { readTags, reload, removeApp } from './admin/admin.ts'
import { pageSize } from './read/page-size.ts'
import { ProblemError, problemResponse } from './problem.ts'
import { securityHeaders } from './security-headers.ts'
import type { HttpApp, Services } from './services.ts'
import { preferredWait, waitForEnd } from './hooks/wait.ts'

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

  app.use(securityHeaders)
  app.get('/healthz', (c) => c.json({ status: 'ok', version: services.version }))
  if (!trusted) app.use(rateLimit(services))

  const takeAndAnswer = async (c: Context, name: string) => {
    const origin: Origin = trusted
      ? { kind: 'socket' }
      : { kind: 'network', address: addressOf(c, services) }
    return answer(c, await takeHook(c, name, services, origin), services)
  }
  app.post('/hooks/:app', (c) => takeAndAnswer(c, c.req.param('app')))
  // App Service's CI_CD_URL: the user name says which app
  app.post('/docker/hook', (c) => takeAndAnswer(c, appOfHeaders(c.req.raw.headers)))
  app.all('/hooks/:app', (c) => wrongMethod(c))
  app.all('/docker/hook', (c) => wrongMethod(c))

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
        limit: pageSize(c.req.query('limit')),
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

  if (trusted) {
    app.get('/audit', (c) => readAudit(c, services))
    app.get('/doctor', async (c) => c.json({ checks: await services.doctor() }))
    app.get('/apps/:app/tags', (c) => readTags(c, c.req.param('app'), services))
    app.post('/reload', (c) => reload(c, services))
    app.delete('/apps/:app', (c) => removeApp(c, c.req.param('app'), services))
  }

  app.notFound((c) => {
    return problemResponse(
      new ProblemError('not_found', `there is no ${c.req.method} ${c.req.path}`, {
        hint: 'hooks are posted to /hooks/{app}',
      }),
    )
  })

  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(error)
    if (error instanceof DeployError && error.code === 'store_failed')
      return problemResponse(storeFailed(error))
    services.log('error', 'a request failed', { method: c.req.method, path: c.req.path, error })
    return problemResponse(
      new ProblemError('internal_error', 'something failed in the receiver; its log says what', {}),
    )
  })

  return app
}

const storeFailed = ({ message, hint }: DeployError) =>
  new ProblemError('store_failed', message, {
    ...(hint === undefined ? {} : { hint }),
    headers: { 'retry-after': '60' },
  })

/** What became of a hook, told to its sender. */
async function answer(c: Context, taken: Taken, services: Services): Promise<Response> {
  switch (taken.kind) {
    case 'pong':
      return c.json({ result: 'pong' })
    case 'ignored':
      return c.json({ result: 'ignored', detail: taken.reason })
    case 'unchanged': {
      const { id, status, image } = taken.deployment
      const detail = `${image.digest ?? image.tag ?? image.repository} is that of deployment ${id}, which is ${status}`
      return c.json({ result: 'unchanged', detail, deployment: taken.deployment })
    }
    case 'accepted':
    case 'repeated':
      return answerDeployment(c, taken.deployment, services)
  }
}

async function answerDeployment(
  c: Context,
  taken: Deployment,
  services: Services,
): Promise<Response> {
  const seconds = preferredWait(c.req.header('prefer'))
  const deployment =
    seconds === 0 ? taken : await waitForEnd(taken, seconds, services, c.req.raw.signal)
  c.header('location', `/deployments/${deployment.id}`)
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
}

function statusOf({ status }: Deployment): 200 | 202 | 409 | 422 {
  if (status === 'succeeded') return 200
  if (status === 'failed') return 422
  return status === 'superseded' ? 409 : 202
}

function wrongMethod(c: Context): Response {
  return problemResponse(
    new ProblemError('method_not_allowed', `${c.req.path} takes POST, not ${c.req.method}`, {
      hint: 'curl sends POST with -d or --json',
      headers: { allow: 'POST' },
    }),
  )
}

/** An app with what is live and what is under way. */
function describe({ spec, domains, credentials }: HttpApp, { archive, url }: Services) {
  const under = archive.next(spec.name)?.deployment
  return {
    name: spec.name,
    image: spec.image,
    domains,
    hook: `${url}/hooks/${spec.name}`,
    accepts: kindsOf(credentials),
    live: archive.live(spec.name)?.deployment ?? null,
    current: under === undefined || isFinal(under.status) ? null : under,
  }
}

/** Kinds of credentials that an app accepts, the best first. */
function kindsOf({ oidc, webhookKeys, basic, github }: HttpApp['credentials']): string[] {
  const kinds = {
    oidc: oidc.length > 0,
    ed25519: webhookKeys.some(({ kind }) => kind === 'ed25519'),
    hmac: webhookKeys.some(({ kind }) => kind === 'hmac'),
    basic: basic.tokens.length > 0,
    github: github.length > 0,
  }
  return Object.entries(kinds).flatMap(([kind, accepted]) => (accepted ? kind : []))
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
