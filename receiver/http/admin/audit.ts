import type { Context } from 'hono'
import type { AuditTrail } from '../../core/intake/audit.ts'
import { pageOf } from '../paging.ts'
import { ProblemError } from '../problem.ts'
import type { Refusals } from '../refusals.ts'

export interface AuditServices {
  audit: Pick<AuditTrail, 'list'>
  refusals: Pick<Refusals, 'flush'>
}

/** `GET /audit?app=&limit=&before=`: the audit trail, newest first; `before` is an entry's number. */
export function readAudit(c: Context, { audit, refusals }: AuditServices): Response {
  // what is still counted belongs to it
  refusals.flush()
  const app = c.req.query('app')
  const { limit, before } = pageOf(c)
  if (before !== undefined && !/^\d{1,15}$/.test(before)) {
    throw new ProblemError('malformed_body', `before is ${JSON.stringify(before)}`, {
      hint: "an entry's number",
    })
  }
  return c.json({
    entries: audit.list({
      limit,
      ...(app === undefined ? {} : { app }),
      ...(before === undefined ? {} : { before: Number(before) }),
    }),
  })
}
