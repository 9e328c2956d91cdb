import type { Context } from 'hono'
import type { TargetState, Trial } from '../../core/notify/state.ts'
import { ProblemError } from '../problem.ts'

export interface NotifyServices {
  notify: {
    /** Each target, and how it is told lately. */
    describe(): TargetState[]
    /** Sends a test to one target, or to all. */
    test(name: string | undefined): Promise<Trial[]>
  }
}

/** `GET /notify`: who is told of news, and how that went lately. */
export const readNotify = (c: Context, { notify }: NotifyServices): Response =>
  c.json({ targets: notify.describe().map(inJson) })

/** `POST /notify/test?target=`: sends a test to one target, or to all, and says what each answered. */
export async function testNotify(c: Context, { notify }: NotifyServices): Promise<Response> {
  const target = c.req.query('target')
  const trials = await notify.test(target)
  if (trials.length === 0 && target !== undefined) {
    const names = notify.describe().flatMap(({ name, kind }) => (kind === 'github' ? [] : name))
    throw new ProblemError('not_found', `there is no target ${JSON.stringify(target)}`, {
      hint:
        names.length === 0 ? 'the config has none under notify' : `there are: ${names.join(', ')}`,
    })
  }
  return c.json({ targets: trials })
}

const inJson = ({ name, kind, waiting, toldAt, failing, dropped, lastDrop }: TargetState) => ({
  name,
  kind,
  waiting,
  told_at: toldAt ?? null,
  failing: failing ?? null,
  dropped,
  last_drop: lastDrop ?? null,
})
