import type { Context } from 'hono'
import { LINK_SECONDS } from '../../core/sign-in/session.ts'
import { ProblemError } from '../problem.ts'
import { makeLink, type SessionServices } from '../page/credentials.ts'

export type LinkServices = SessionServices & {
  /** Where browsers find the page, without a slash at its end: public over https, or the admin address. */
  readonly pageUrl: string
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,59}$/u

/** `POST /login-links?name=&role=`: a link that signs somebody in on the page, once. */
export function loginLink(c: Context, services: LinkServices): Response {
  const { name = 'link', role = 'operator' } = c.req.query()
  if (!NAME.test(name)) {
    throw new ProblemError('malformed_body', `${JSON.stringify(name.slice(0, 80))} is not a name`, {
      hint: 'letters, digits, blanks and . _ @ -, at most 60',
    })
  }
  if (role !== 'operator' && role !== 'reader') {
    throw new ProblemError('malformed_body', `role is ${JSON.stringify(role.slice(0, 80))}`, {
      hint: 'operator or reader',
    })
  }
  const secret = makeLink({ name, role }, services)
  return c.json({
    url: `${services.pageUrl}/page/login/${secret}`,
    seconds: LINK_SECONDS,
    name,
    role,
  })
}
