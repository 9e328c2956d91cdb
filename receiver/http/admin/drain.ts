import type { Context } from 'hono'
import type { Drained } from '../../core/drain.ts'
import { fileFailure } from '../../core/file-failure.ts'
import type { Sender } from '../../core/intake/audit.ts'
import { ProblemError } from '../problem.ts'

export interface DrainServices {
  drain: {
    look(): Promise<Drained>
    /** Throws the file system's own error. */
    switch(what: { isOn: boolean; sender: Sender }): Promise<Drained>
  }
}

/** `GET /drain`: whether load balancers are to send visitors elsewhere, and what they get. */
export const readDrain = async (c: Context, { drain }: DrainServices): Promise<Response> =>
  answer(c, await drain.look())

/** `POST /drain?on=true`: has Nginx tell them from now on, or with `false` no longer. */
export async function setDrain(c: Context, { drain }: DrainServices): Promise<Response> {
  const on = c.req.query('on')
  if (on !== 'true' && on !== 'false') {
    const hint = 'on=true takes this machine out of its load balancers, on=false lets it in again'
    throw new ProblemError('malformed_body', `on=${on ?? ''} is neither true nor false`, { hint })
  }
  const sender = { kind: 'socket' } as const
  return answer(c, await drain.switch({ isOn: on === 'true', sender }).catch(notSwitched))
}

const answer = (c: Context, { since, seen }: Drained) =>
  c.json({ drained: since !== undefined, since: since ?? null, seen })

/** It is a file that is made or removed. */
function notSwitched(cause: unknown): never {
  const { path } = (cause ?? {}) as { path?: unknown }
  const failure = typeof path === 'string' ? fileFailure(path, cause) : undefined
  if (failure === undefined) throw cause
  throw new ProblemError('store_failed', failure.message, { hint: failure.hint, cause })
}
