import { Hono } from 'hono'
import { ANYTHING, type Feed } from '../../core/feed.ts'
import type { Session } from '../../core/sign-in/session.ts'
import { show, type ShowServices } from '../admin/show.ts'
import { appNamed } from '../apps.ts'
import { ProblemError } from '../problem.ts'
import {
  type ActionName,
  type ActServices,
  actionNamed,
  confirm,
  heldBack,
  orderedBy,
} from './actions.ts'
import { possible } from './app.ts'
import type { AppLine } from './apps.ts'
import type { Inside, ShowScreen } from './screen.ts'
import { smallForm } from './small-form.ts'

export type ActRouteServices = ActServices & ShowServices & { feed: Pick<Feed, 'changed'> }

/** What is done to an app, each asked before it is done. */
export function actRoutes(
  services: ActRouteServices,
  { screen, lineOf }: { screen: ShowScreen; lineOf(app: string): Promise<AppLine> },
): Hono<Inside> {
  return new Hono<Inside>()
    .get('/apps/:app/do/:action', async (c) => {
      mustAct(c.get('session'))
      const { name, action } = actionNamed(c.req.param('action'))
      const line = await lineOf(c.req.param('app'))
      const isOfOne = name === 'rollback' || name === 'bring-back'
      if (!possible(line).includes(name) && !isOfOne) {
        throw new ProblemError(
          'not_running',
          `${line.name} cannot be asked to ${action.word.toLowerCase()} now`,
          { hint: 'look at its state: something may have changed meanwhile' },
        )
      }
      const target = targetOf(name, line, c.req.query('to'))
      if (target !== undefined && target.app !== line.name) {
        throw new ProblemError('not_found', `${target.id} is a deployment of ${target.app}`)
      }
      const body = confirm(name, { app: line.name, to: target, live: line.live ?? undefined })
      return screen(c, { title: `${action.word}: ${line.name}`, menu: 'apps', body })
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

  /** What it is done with, beside what is live. */
  function targetOf(name: ActionName, { name: app, live }: AppLine, asked: string | undefined) {
    if (name === 'bring-back') return heldBack(app, asked ?? '', services)
    const to = name === 'rollback' ? (asked ?? live?.previous?.deployment) : undefined
    return to === undefined ? undefined : show(to, services).deployment
  }
}

/** Throws `read_only`. */
export function mustAct({ name, role }: Session): void {
  if (role === 'operator') return
  throw new ProblemError('read_only', `${name} may look, and change nothing`, {
    hint: 'sign in as somebody who may act: deploy-receiver login-link on the machine',
  })
}
