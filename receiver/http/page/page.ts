import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import type { Deployment } from '../../../protocol/deployment.ts'
import { PROBLEMS } from '../../../protocol/problem.ts'
import type { Feed } from '../../core/feed.ts'
import type { LogServices } from '../admin/logs.ts'
import { deploymentNamed } from '../admin/find.ts'
import { show, type ShowServices } from '../admin/show.ts'
import { appNamed } from '../apps.ts'
import { problemOf } from '../problem-of.ts'
import { describeApp, type DescribeServices } from '../read/describe-app.ts'
import { type ActRouteServices, actRoutes, mustAct } from './act-routes.ts'
import { app as appView } from './app.ts'
import { type AppLine, apps as appsView } from './apps.ts'
import { assets } from './assets.ts'
import { type Body, bodyOf, sendPart, wantsPart } from './body.ts'
import { type ChangeServices, createStreamChanges } from './changes.ts'
import { sessionOf } from './credentials.ts'
import { deployment as deploymentView } from './deployment.ts'
import type { FleetServices } from '../admin/fleet.ts'
import { fleet as fleetView } from './fleet.ts'
import { logRoutes } from './log-routes.ts'
import { requireOwnOrigin } from './origin.ts'
import { pageHeaders } from './page-headers.ts'
import { problemPage } from './problem-page.ts'
import { requestRoutes, type RequestServices } from './request-routes.ts'
import { createShowScreen, type Inside } from './screen.ts'
import { sessionRoutes, type SessionRouteServices } from './session-routes.ts'
import { sharedUntilChanged } from './shared.ts'
import type { Html } from './text.ts'
import { createSignIn, type SignInServices } from './sign-in.ts'

export type PageServices = DescribeServices &
  ShowServices &
  LogServices &
  RequestServices &
  FleetServices &
  ActRouteServices &
  ChangeServices &
  SessionRouteServices &
  SignInServices & {
    version: string
    hasFleet: boolean
    feed: Feed
    archive: { list(app: string, page: { limit: number; before?: string }): Deployment[] }
    /** How an app's live containers are, and what the app answers; a moment old at most. `null`: the engine does not say. */
    pageHealth(app: string): Promise<AppLine['health']>
  }

const HISTORY = 20
/** Streams are sent as they happen. */
const COMPRESS = compress()
const compressed: MiddlewareHandler = (c, next) =>
  /\/(?:stream|changes)$/.test(c.req.path) ? next() : COMPRESS(c, next)

/** What people look at, and press. Whoever is not signed in sees how to sign in, and nothing else. */
export function createPage(services: PageServices): Hono {
  const nowMs = () => services.intake.nowSeconds() * 1000

  const screen = createShowScreen(services)
  const lineOf = async (name: string): Promise<AppLine> => {
    const app = appNamed(name, services.apps)
    return {
      ...describeApp(app, services),
      health: await services.pageHealth(name),
    }
  }

  const streamChanges = createStreamChanges(services)
  const sharedLines = sharedUntilChanged<AppLine>(services.feed)
  const sharedLineOf = (name: string) => sharedLines({ name, of: name }, () => lineOf(name))
  const sharedBodies = sharedUntilChanged<Body>(services.feed)

  /** A screen that many may look at. Whoever has it already is sent what it shows, and nothing around it. */
  async function watched(
    c: Context,
    what: Omit<Parameters<typeof screen>[1], 'body' | 'menu'>,
    make: (mayAct: boolean) => Html,
  ): Promise<Response> {
    const mayAct = (c as Context<Inside>).get('session').role === 'operator'
    const { pathname, search } = new URL(c.req.url)
    const shown = { name: `${pathname}${search} ${mayAct}`, of: what.watches?.app }
    const isPart = wantsPart(c)
    const body = await sharedBodies(shown, async () => bodyOf(make(mayAct)), {
      orJustBefore: isPart,
    })
    return isPart ? sendPart(c, body) : screen(c, { ...what, menu: 'apps', body: body.html })
  }

  const inside = new Hono<Inside>()
    .use(async (c, next) => {
      const session = sessionOf(c, services)
      if (session === undefined) return askToSignIn(c)
      c.set('session', session)
      if (c.req.method === 'POST' && !c.req.path.startsWith('/page/sessions/')) mustAct(session)
      return next()
    })
    .get('/apps', (c) =>
      watched(c, { title: 'Apps', watches: {} }, async () => {
        const all = await Promise.all([...services.apps.keys()].map(sharedLineOf))
        return appsView(all, nowMs())
      }),
    )
    .get('/apps/:app', (c) => {
      const name = c.req.param('app')
      const before = c.req.query('before')
      return watched(c, { title: name, watches: { app: name } }, async (mayAct) => {
        const line = await sharedLineOf(name)
        const history = services.archive.list(name, {
          limit: HISTORY + 1,
          ...(before === undefined ? {} : { before }),
        })
        const shown = history.slice(0, HISTORY)
        const older = history.length > HISTORY ? shown.at(-1)?.id : undefined
        const isOlder = before !== undefined
        return appView(line, { history: shown, older, isOlder, mayAct, nowMs: nowMs() })
      })
    })
    .get('/deployments/:id', (c) => {
      const { app, id } = deploymentNamed(c.req.param('id'), services)
      return watched(c, { title: `${app} ${id}`, watches: { app } }, (mayAct) => {
        const shown = show(id, services)
        const live = services.archive.live(app)?.deployment
        const goBackTo =
          shown.deployment.status === 'failed' && live?.id === id
            ? live.previous?.deployment
            : undefined
        return deploymentView(shown, { live, goBackTo, mayAct, nowMs: nowMs() })
      })
    })
    .route('/', actRoutes(services, { screen, lineOf }))
    .route('/', logRoutes(services, screen))
    .route('/', requestRoutes(services, screen))
    .get('/fleet', async (c) =>
      screen(c, {
        title: 'Fleet',
        menu: 'fleet',
        body: fleetView(await services.fleet(), nowMs()),
      }),
    )
    .route('/', sessionRoutes(services, screen))
    .get('/changes', (c) => streamChanges(c, () => sessionOf(c, services) !== undefined))

  /** A link from elsewhere comes without the cookie, for that is strict: from this page it comes with it. */
  function askToSignIn(c: Context): Response | Promise<Response> {
    if (c.req.method !== 'GET') return c.redirect('/page/sign-in', 303)
    const isFromElsewhere =
      c.req.header('sec-fetch-site') === 'cross-site' &&
      c.req.header('sec-fetch-mode') === 'navigate'
    return isFromElsewhere
      ? screen(c, {
          title: 'One moment',
          goesOnTo: c.req.path,
          body: problemPage('One moment', 'The page goes on by itself.'),
        })
      : c.redirect('/page/sign-in', 303)
  }

  const page = new Hono()
    .use(pageHeaders)
    .use(requireOwnOrigin(services))
    .use(compressed)
    .route('/', assets())
    .route('/', createSignIn(services))
    .route('/', inside)
  page.onError((error, c) => {
    const problem = problemOf(error, c, services.log)
    const title = problem.code === 'internal_error' ? 'Something failed' : 'That does not work'
    const body = problemPage(title, problem.message, problem.hint)
    return screen(c, { title, body }, PROBLEMS[problem.code])
  })
  page.get('/', (c) => c.redirect('/page/apps', 302))
  page.all('*', (c) =>
    c.req.path === '/page/'
      ? c.redirect('/page/apps', 302)
      : screen(
          c,
          { title: 'Not found', body: problemPage('Not found', `there is no ${c.req.path}`) },
          404,
        ),
  )
  return page
}
