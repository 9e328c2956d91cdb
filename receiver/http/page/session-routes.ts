import { Hono } from 'hono'
import type { SessionServices } from './credentials.ts'
import type { Inside, ShowScreen } from './screen.ts'
import { sessionsPage } from './sign-in-pages.ts'
import { smallForm } from './small-form.ts'

export type SessionRouteServices = SessionServices

/** Who is signed in, each of whom may be signed out: by operators, and by themselves. */
export const sessionRoutes = (
  { sessions, intake }: SessionRouteServices,
  screen: ShowScreen,
): Hono<Inside> =>
  new Hono<Inside>()
    .get('/sessions', (c) => {
      const { id: own, role } = c.get('session')
      const mayAct = role === 'operator'
      const now = intake.nowSeconds()
      const all = sessions.list(now).filter(({ id }) => mayAct || id === own)
      const body = sessionsPage(all, { own, mayAct, nowMs: now * 1000 })
      return screen(c, { title: 'Sessions', menu: 'sessions', body })
    })
    .post('/sessions/end', smallForm, async (c) => {
      const session = c.get('session')
      const { session: id } = await c.req.parseBody()
      if (typeof id === 'string' && (session.role === 'operator' || id === session.id))
        sessions.end(id)
      return c.redirect('/page/sessions', 303)
    })
