import type { Context } from 'hono'
import { ProblemError } from './problem.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** The part of a list that a query asks for: at most `limit` entries, of those older than `before`. Throws `ProblemError`. */
export function pageOf(c: Context): { limit: number; before?: string } {
  const before = c.req.query('before')
  return { limit: limitOf(c.req.query('limit')), ...(before === undefined ? {} : { before }) }
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit
  throw new ProblemError('malformed_body', `limit is ${JSON.stringify(text)}`, {
    hint: `a whole number from 1 to ${MAX_LIMIT}`,
  })
}
