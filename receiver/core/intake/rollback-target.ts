/** A deployment of the past, as a rollback needs it. */
export interface Past {
  id: string
  digest: string
  tag?: string
  succeeded: boolean
}

/** Why a request cannot become a deployment. */
export class RequestError extends Error {
  readonly code: 'nothing_to_roll_back_to' | 'ambiguous_digest'
  readonly hint: string

  constructor(code: RequestError['code'], message: string, hint: string) {
    super(message)
    this.name = 'RequestError'
    this.code = code
    this.hint = hint
  }
}

const HEX_PREFIX = /^(?:sha256:)?([0-9a-f]{12,64})$/

/**
 * What a rollback goes back to: `previous`, a digest or its beginning, or a deployment. Only a digest that was live once may
 * come back: history is what makes a rollback safe. Throws `RequestError` when it names nothing, or too much.
 */
export function rollbackTarget(
  app: string,
  to: string,
  history: readonly Past[],
  live: string | undefined,
): Past {
  const hint = `GET /apps/${app}/deployments lists what can be rolled back to`
  const good = history.filter((past) => past.succeeded)
  if (to === 'previous') {
    const now = good.findIndex((past) => past.digest === live)
    const past = good.slice(now + 1).find((each) => each.digest !== live)
    if (past !== undefined) return past
    throw new RequestError(
      'nothing_to_roll_back_to',
      `${app} has no earlier digest than ${live ?? 'none'}`,
      hint,
    )
  }
  const byId = good.find((past) => past.id === to)
  if (byId !== undefined) return byId
  const prefix = HEX_PREFIX.exec(to)?.[1]
  const matches =
    prefix === undefined ? [] : good.filter((past) => past.digest.startsWith(`sha256:${prefix}`))
  const [first] = matches
  if (first === undefined) {
    throw new RequestError(
      'nothing_to_roll_back_to',
      `${JSON.stringify(to)} is neither "previous", nor a digest or deployment of ${app} that was live`,
      `${hint}; a digest is given whole or by at least 12 of its hex digits`,
    )
  }
  const other = matches.find((past) => past.digest !== first.digest)
  if (other !== undefined) {
    throw new RequestError(
      'ambiguous_digest',
      `${to} stands for ${first.digest} and for ${other.digest}`,
      'give more of its digits',
    )
  }
  return first
}
