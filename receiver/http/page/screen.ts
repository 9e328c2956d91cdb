import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Session } from '../../core/sign-in/session.ts'
import { type Assets, layout, type Screen } from './layout.ts'

/** What is known of a request within the page, once somebody is signed in. */
export interface Inside {
  Variables: { session: Session; requestId: string }
}

/** Answers with a screen, for whoever is signed in. */
export type ShowScreen = (
  c: Context,
  what: Omit<Screen, 'session'>,
  status?: ContentfulStatusCode,
) => Response | Promise<Response>

export const createShowScreen =
  (assets: Assets): ShowScreen =>
  (c, what, status = 200) => {
    const session = c.get('session') as Session | undefined
    return c.html(
      layout({ ...what, ...(session === undefined ? {} : { session }) }, assets),
      status,
    )
  }
