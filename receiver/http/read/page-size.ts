import { ProblemError } from '../problem.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** The query parameter `limit` of a list. Throws `ProblemError`. */
export function pageSize(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit
  throw new ProblemError('malformed_body', `limit is ${JSON.stringify(text)}`, {
    hint: `a whole number from 1 to ${MAX_LIMIT}`,
  })
}
