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

/** An app's past, of which as much is read as it takes: it may be long. */
export interface History {
  /** The newest first. */
  newest(): Iterable<Past>
  deployment(id: string): Past | undefined
  /** Of what was live: the newest of each digest that begins so, the newest first. */
  digestsFrom(beginning: string): Past[]
  /** The same of a tag. */
  digestsOfTag(tag: string): Past[]
}

/** One that is there whole. */
export function historyIn(newestFirst: readonly Past[]): History {
  const good = newestFirst.filter((past) => past.succeeded)
  return {
    newest: () => newestFirst,
    deployment: (id) => newestFirst.find((past) => past.id === id),
    digestsFrom: (beginning) => good.filter(({ digest }) => digest.startsWith(beginning)),
    digestsOfTag: (tag) => good.filter((past) => past.tag === tag),
  }
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

/** So many that were live are read before the way to what is live is looked for; twice as many if it is not among them. */
const FIRST_READ = 50

const HEX_PREFIX = /^(?:sha256:)?([0-9a-f]{12,64})$/

/**
 * What a rollback goes back to: `previous`, a deployment, a digest or its beginning, or a tag, in this order, so that a tag that
 * looks like a digest is one only when no digest begins so. Only what was live once may come back: history is what makes a
 * rollback safe. Throws `RequestError` when it names nothing, or too much.
 */
export function rollbackTarget(
  app: string,
  to: string,
  history: History,
  live: string | undefined,
): Past {
  if (to === 'previous') return previous(app, history, live)
  const byId = history.deployment(to)
  if (byId?.succeeded === true) return byId
  const prefix = HEX_PREFIX.exec(to)?.[1]
  const byDigest = prefix === undefined ? [] : history.digestsFrom(`sha256:${prefix}`)
  if (byDigest.length > 0) return onlyOne(to, byDigest, 'give more of its digits')
  const byTag = history.digestsOfTag(to)
  if (byTag.length > 0) return onlyOne(to, byTag, 'name the digest, or the deployment')
  throw new RequestError(
    'nothing_to_roll_back_to',
    `${JSON.stringify(to)} is neither "previous", nor a tag, a digest or a deployment of ${app} that was live`,
    'a digest is given whole or by at least 12 of its hex digits',
  )
}

function previous(app: string, history: History, live: string | undefined): Past {
  const good: Past[] = []
  let enough = FIRST_READ
  for (const past of history.newest()) {
    if (past.succeeded) good.push(past)
    if (good.length < enough) continue
    const { path, isSure } = wayHere(good)
    const before = path[path.findLastIndex(({ digest }) => digest === live) - 1]
    // what is older is further down the same way
    if (isSure && before !== undefined) return before
    enough *= 2
  }
  const { path } = wayHere(good)
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
 * `isSure` of the end of a history: whether it is the end of the whole one's way, too.
 */
function wayHere(good: readonly Past[]): { path: Past[]; isSure: boolean } {
  const path: Past[] = []
  let isSure = true
  for (const past of good.toReversed()) {
    if (past.action === 'rollback') isSure = leave(path, past) && isSure
    else if (path.at(-1)?.digest === past.digest) path.pop()
    path.push(past)
  }
  return { path, isSure }
}

/**
 * Takes off what a rollback left, up to what it went back to; nothing when that was not on this way. Returns whether what is older would
 * change nothing of it.
 */
function leave(path: Past[], { settingsOf, digest }: Past): boolean {
  const named = path.findLastIndex((past) => past.id === settingsOf)
  const at = named === -1 ? path.findLastIndex((past) => past.digest === digest) : named
  if (at !== -1) path.length = at
  return settingsOf === undefined ? at !== -1 : named !== -1
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
