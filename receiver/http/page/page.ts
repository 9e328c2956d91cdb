import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import { PROBLEMS } from '../../../protocol/problem.ts'
import { compress } from 'hono/compress'
import { raw } from 'hono/html'
import { ANYTHING, type Feed } from '../../core/feed.ts'
import type { Session } from '../../core/sign-in/session.ts'
import { createOpenLog, type LogServices } from '../admin/logs.ts'
import { type AuditServices } from '../admin/audit.ts'
import { show, type ShowServices } from '../admin/show.ts'
import { appNamed } from '../apps.ts'
import { problemOf } from '../problem-of.ts'
import { ProblemError } from '../problem.ts'
import { describeApp, type DescribeServices } from '../read/describe-app.ts'
import { type ActServices, actionNamed, confirm, orderedBy } from './actions.ts'
import { app as appView, possible } from './app.ts'
import { type AppLine, apps as appsView } from './apps.ts'
import { assets } from './assets.ts'
import { streamChanges, type ChangeServices } from './changes.ts'
import { type SessionServices, sessionOf } from './credentials.ts'
import { deployment as deploymentView } from './deployment.ts'
import { problemPage } from './problem-page.ts'
import { layout, type Screen } from './layout.ts'
import { logPage, shownLine, streamLines } from './log.ts'
import { requireOwnOrigin } from './origin.ts'
import { requests as requestsView } from './requests.ts'
import { sharedUntilChanged } from './shared.ts'
import { smallForm } from './small-form.ts'
import { createSignIn, type SignInServices } from './sign-in.ts'
import { sessionsPage } from './sign-in-pages.ts'
import { pageHeaders } from './page-headers.ts'

export type PageServices = DescribeServices &
  ShowServices &
  LogServices &
  AuditServices &
  ActServices &
  ChangeServices &
  SessionServices &
  SignInServices & {
    version: string
    feed: Feed
    archive: { list(app: string, page: { limit: number; before?: string }): Deployment[] }
    /** How an app's live containers are, and what the app answers; a moment old at most. `null`: the engine does not say. */
    pageHealth(app: string): Promise<AppLine['health']>
  }

/** Throws `read_only`. */
function mustAct({ name, role }: Session): void {
  if (role === 'operator') return
  throw new ProblemError('read_only', `${name} may look, and change nothing`, {
    hint: 'sign in as somebody who may act: deploy-receiver login-link on the machine',
  })
}

const HISTORY = 20
const REQUESTS = 50
const LAST_LINES = 200
/** Streams are sent as they happen. */
const COMPRESS = compress()
const compressed: MiddlewareHandler = (c, next) =>
  /\/(?:stream|changes)$/.test(c.req.path) ? next() : COMPRESS(c, next)

/** What people look at, and press. Whoever is not signed in sees how to sign in, and nothing else. */
export function createPage(services: PageServices): Hono {
  const openLog = createOpenLog(services)
  const nowMs = () => services.intake.nowSeconds() * 1000

  const screen = (c: Context, what: Screen, status: 200 | 404 = 200) =>
    c.html(layout(what, services), status)
  const lineOf = async (name: string): Promise<AppLine> => {
    const app = appNamed(name, services.apps)
    return {
      ...describeApp(app, services),
      health: await services.pageHealth(name),
    }
  }

  const overview = sharedUntilChanged(services.feed, async () => {
    const all = await Promise.all([...services.apps.keys()].map(lineOf))
    return raw((await appsView(all, nowMs())).toString())
  })

  const inside = new Hono<{ Variables: { session: Session; requestId: string } }>()
    .use(async (c, next) => {
      const session = sessionOf(c, services)
      if (session === undefined) return askToSignIn(c)
      c.set('session', session)
      if (c.req.method === 'POST' && !c.req.path.startsWith('/page/sessions/')) mustAct(session)
      return next()
    })
    .get('/apps', async (c) => {
      const session = c.get('session')
      return screen(c, {
        title: 'Apps',
        session,
        menu: 'apps',
        watches: {},
        body: await overview(),
      })
    })
    .get('/apps/:app', async (c) => {
      const name = c.req.param('app')
      const line = await lineOf(name)
      const before = c.req.query('before')
      const history = services.archive.list(name, {
        limit: HISTORY + 1,
        ...(before === undefined ? {} : { before }),
      })
      const shown = history.slice(0, HISTORY)
      const older = history.length > HISTORY ? shown.at(-1)?.id : undefined
      const session = c.get('session')
      const body = appView(line, {
        history: shown,
        older,
        isOlder: before !== undefined,
        mayAct: session.role === 'operator',
        nowMs: nowMs(),
      })
      return screen(c, { title: name, session, menu: 'apps', watches: { app: name }, body })
    })
    .get('/apps/:app/do/:action', async (c) => {
      mustAct(c.get('session'))
      const { name, action } = actionNamed(c.req.param('action'))
      const line = await lineOf(c.req.param('app'))
      if (!possible(line).includes(name) && name !== 'rollback') {
        throw new ProblemError(
          'not_running',
          `${line.name} cannot be asked to ${action.word.toLowerCase()} now`,
          {
            hint: 'look at its state: something may have changed meanwhile',
          },
        )
      }
      const to =
        name === 'rollback' ? (c.req.query('to') ?? line.live?.previous?.deployment) : undefined
      const target = to === undefined ? undefined : show(to, services).deployment
      if (target !== undefined && target.app !== line.name) {
        throw new ProblemError('not_found', `${target.id} is a deployment of ${target.app}`)
      }
      const body = confirm(name, { app: line.name, to: target, live: line.live ?? undefined })
      return screen(c, {
        title: `${action.word}: ${line.name}`,
        session: c.get('session'),
        menu: 'apps',
        body,
      })
    })
    .post('/apps/:app/do/:action', smallForm, async (c) => {
      const { action } = actionNamed(c.req.param('action'))
      const { spec } = appNamed(c.req.param('app'), services.apps)
      const { to } = await c.req.parseBody()
      const place = await action.act(
        {
          app: spec.name,
          by: orderedBy(c.get('session'), c.get('requestId')),
          ...(typeof to === 'string' ? { to } : {}),
        },
        services,
      )
      // not all of it is an event of a deployment
      for (const each of [spec.name, ANYTHING]) services.feed.changed(each)
      return c.redirect(place, 303)
    })
    .get('/apps/:app/logs', async (c) => {
      const name = c.req.param('app')
      const of = c.req.query('of') ?? 'live'
      const log = await openLog(name, of, { tail: LAST_LINES })
      const last: string[] = []
      try {
        let replicas = 1
        const take = (
          entry: Parameters<typeof shownLine>[0] | { kind: 'of'; replicas: number },
        ) => {
          if (entry.kind === 'of') replicas = entry.replicas
          else last.push(shownLine(entry, replicas))
        }
        if (log.first.done !== true) take(log.first.value)
        for await (const entry of log.entries) take(entry)
      } finally {
        log.end()
      }
      return screen(c, {
        title: `Log of ${name}`,
        session: c.get('session'),
        menu: 'apps',
        body: logPage(name, of, last),
      })
    })
    .get('/apps/:app/logs/stream', async (c) => {
      const of = c.req.query('of') ?? 'live'
      const log = await openLog(c.req.param('app'), of, {
        tail: LAST_LINES,
        follow: of === 'live' ? 'live' : 'it',
      })
      return streamLines(c, log, services.stopping)
    })
    .get('/deployments/:id', (c) => {
      const session = c.get('session')
      const shown = show(c.req.param('id'), services)
      const { app, id, status } = shown.deployment
      const live = services.archive.live(app)?.deployment
      const goBackTo =
        status === 'failed' && live?.id === id ? live.previous?.deployment : undefined
      const body = deploymentView(shown, {
        live,
        goBackTo,
        mayAct: session.role === 'operator',
        nowMs: nowMs(),
      })
      return screen(c, { title: `${app} ${id}`, session, menu: 'apps', watches: { app }, body })
    })
    .get('/requests', (c) => {
      services.refusals.flush()
      const only = c.req.query('only') === 'refused' ? 'refused' : undefined
      const before = Number(c.req.query('before') ?? Number.NaN)
      const found = readEntries({ before: Number.isInteger(before) ? before : undefined, only })
      const shown = found.slice(0, REQUESTS)
      const older = found.length > REQUESTS ? shown.at(-1)?.number : undefined
      const body = requestsView(shown, { older, only, nowMs: nowMs() })
      return screen(c, { title: 'Requests', session: c.get('session'), menu: 'requests', body })
    })
    .get('/sessions', (c) => {
      const session = c.get('session')
      const mayAct = session.role === 'operator'
      const all = services.sessions
        .list(services.intake.nowSeconds())
        .filter(({ id }) => mayAct || id === session.id)
      const body = sessionsPage(all, { own: session.id, mayAct, nowMs: nowMs() })
      return screen(c, { title: 'Sessions', session, menu: 'sessions', body })
    })
    .post('/sessions/end', smallForm, async (c) => {
      const session = c.get('session')
      const { session: id } = await c.req.parseBody()
      if (typeof id === 'string' && (session.role === 'operator' || id === session.id))
        services.sessions.end(id)
      return c.redirect('/page/sessions', 303)
    })
    .get('/changes', (c) => streamChanges(c, services, () => sessionOf(c, services) !== undefined))

  /** Whole pages of the trail, until there is enough of what is wanted. */
  function readEntries({
    before,
    only,
  }: {
    before: number | undefined
    only: 'refused' | undefined
  }) {
    const found: ReturnType<typeof services.audit.list> = []
    let from = before
    for (let read = 0; read < 20 && found.length <= REQUESTS; read++) {
      const some = services.audit.list({
        limit: 200,
        ...(from === undefined ? {} : { before: from }),
      })
      found.push(
        ...some.filter(
          ({ outcome }) =>
            only === undefined ||
            outcome === 'rejected' ||
            outcome === 'refused' ||
            outcome === 'repeated',
        ),
      )
      from = some.at(-1)?.number
      if (some.length < 200) break
    }
    return found
  }

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
    return c.html(layout({ title, body }, services), PROBLEMS[problem.code])
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
