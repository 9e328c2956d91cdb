import { type Context, Hono } from 'hono'
import type { Origin } from '../arrival.ts'
import { appOfHeaders } from '../auth/basic.ts'
import { addressOf, type AddressServices } from '../limits/rate-limit.ts'
import { ProblemError } from '../problem.ts'
import { answerHook, type AnswerServices } from './answer.ts'
import { takeHook, type TakeServices } from './take.ts'

export type HookServices = TakeServices & AnswerServices & AddressServices

/** What makes deployments. `trusted` is the local socket: its file mode says who may use it. */
export function createHooks(services: HookServices, { trusted }: { trusted: boolean }): Hono {
  const take = async (c: Context, name: string) => {
    const origin: Origin = trusted
      ? { kind: 'socket' }
      : { kind: 'network', address: addressOf(c, services) }
    return answerHook(c, await takeHook(c, { name, origin, services }), services)
  }

  return (
    new Hono()
      .post('/hooks/:app', (c) => take(c, c.req.param('app')))
      // App Service's CI_CD_URL: the user name says which app
      .post('/docker/hook', (c) => take(c, appOfHeaders(c.req.raw.headers)))
      .all('/hooks/:app', wrongMethod)
      .all('/docker/hook', wrongMethod)
  )
}

function wrongMethod({ req }: Context): never {
  throw new ProblemError('method_not_allowed', `${req.path} takes POST, not ${req.method}`, {
    hint: 'curl sends POST with -d or --json',
    headers: { allow: 'POST' },
  })
}
