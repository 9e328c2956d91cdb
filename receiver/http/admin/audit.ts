import type { Context } from 'hono'
import { pageSize } from '../read/page-size.ts'
import { ProblemError } from '../problem.ts'
import type { Services } from '../services.ts'

/** `GET /audit?app=&limit=&before=`: the audit trail, newest first. */
export function readAudit(c: Context, { audit, refusals }: Services): Response {
  // what is still counted belongs to it
  refusals.flush()
  const app = c.req.query('app')
  const before = c.req.query('before')
  if (before !== undefined && !/^\d{1,15}$/.test(before)) {
    throw new ProblemError('malformed_body', `before is ${JSON.stringify(before)}`, {
      hint: "an entry's number",
    })
  }
  return c.json({
    entries: audit.list({
      limit: pageSize(c.req.query('limit')),
      ...(app === undefined ? {} : { app }),
      ...(before === undefined ? {} : { before: Number(before) }),
    }),
  })
}
