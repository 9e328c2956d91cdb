import type { Deployment } from '../../../protocol/deployment.ts'

/** A deployment of the past, as a rollback needs it. */
export interface Past {
  id: string
  action: Deployment['action']
  digest: string
  tag?: string
  /** Of a rollback: the deployment whose settings it brought back. */
  settingsOf?: string
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
 * What a rollback goes back to: `previous`, a deployment, a digest or its beginning, or a tag, in this order, so that a tag that
 * looks like a digest is one only when no digest begins so. Only what was live once may come back: history is what makes a
 * rollback safe. `history` is the newest first. Throws `RequestError` when it names nothing, or too much.
 */
export function rollbackTarget(
  app: string,
  to: string,
  history: readonly Past[],
  live: string | undefined,
): Past {
  const good = history.filter((past) => past.succeeded)
  if (to === 'previous') return previous(app, good, live)
  const byId = good.find((past) => past.id === to)
  if (byId !== undefined) return byId
  const prefix = HEX_PREFIX.exec(to)?.[1]
  const byDigest =
    prefix === undefined ? [] : good.filter((past) => past.digest.startsWith(`sha256:${prefix}`))
  if (byDigest.length > 0) return onlyOne(to, byDigest, 'give more of its digits')
  const byTag = good.filter((past) => past.tag === to)
  if (byTag.length > 0) return onlyOne(to, byTag, 'name the digest, or the deployment')
  throw new RequestError(
    'nothing_to_roll_back_to',
    `${JSON.stringify(to)} is neither "previous", nor a tag, a digest or a deployment of ${app} that was live`,
    'a digest is given whole or by at least 12 of its hex digits',
  )
}

function previous(app: string, good: readonly Past[], live: string | undefined): Past {
  const path = wayHere(good)
  const now = path.findLastIndex((past) => past.digest === live)
  const past = now === -1 ? path.at(-1) : path[now - 1]
  if (past !== undefined) return past
  throw new RequestError(
    'nothing_to_roll_back_to',
    live === undefined
      ? `nothing of ${app} was ever live`
      : `nothing was live before ${live}, which ${app} runs`,
    'a newer one that was live comes back by its tag, its digest or its deployment',
  )
}

/**
 * The deployments that led to what is live, the oldest first, each of another digest than the one before: a deployment goes on from
 * where the app stood, and a rollback goes back on the same way, so that a second one goes further back and never forth again.
 */
function wayHere(good: readonly Past[]): Past[] {
  const path: Past[] = []
  for (const past of good.toReversed()) {
    if (past.action === 'rollback') leave(path, past)
    else if (path.at(-1)?.digest === past.digest) path.pop()
    path.push(past)
  }
  return path
}

/** Takes off what a rollback left, up to what it went back to; nothing when that was not on this way. */
function leave(path: Past[], { settingsOf, digest }: Past): void {
  const named = path.findLastIndex((past) => past.id === settingsOf)
  const at = named === -1 ? path.findLastIndex((past) => past.digest === digest) : named
  if (at !== -1) path.length = at
}

/** The newest of these, which have to be of one digest. */
function onlyOne(to: string, matches: readonly Past[], hint: string): Past {
  const [first, ...others] = matches
  if (first === undefined) throw new Error(`nothing matches ${to}`)
  const other = others.find((past) => past.digest !== first.digest)
  if (other === undefined) return first
  throw new RequestError(
    'ambiguous_digest',
    `${to} stands for ${first.digest} and for ${other.digest}`,
    hint,
  )
}
