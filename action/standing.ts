import { isFinal } from '../protocol/deployment.ts'
import { shortDigest } from '../protocol/image-reference.ts'
import { ActionError, describeError } from './error.ts'
import type { Part } from './part.ts'

/** In one word, for programs too. */
export type State =
  'live' | 'rolled_back' | 'failed' | 'not_begun' | 'under_way' | 'superseded' | 'taken' | 'unknown'

/** What stands at one receiver, as far as it is known. */
export interface Standing {
  name: string
  url: string
  app: string
  state: State
  /** What visitors get there. */
  digest?: string
  tag?: string
  /** Nothing at all runs there: its first deployment failed. */
  isEmpty?: true
  previousDigest?: string
  deployment?: string
  /** Id of the deployment that took it back. */
  rollback?: string
  /** Why it failed, or is not known; one line for people. */
  why?: string
}

/** What stands at each: what was told of it, or why that is not known. */
export const standingOf = (part: Part): Standing => {
  const { name, target, result, back } = part
  const { url, app } = target
  const deployment = result?.deployment
  const previousDigest = deployment?.previous?.digest
  const why = whyOf(part)
  return {
    name,
    url,
    app,
    ...runningAt(part),
    ...(previousDigest !== undefined && { previousDigest }),
    ...(deployment !== undefined && { deployment: deployment.id }),
    ...(back?.result?.deployment !== undefined && { rollback: back.result.deployment.id }),
    ...(why !== undefined && { why }),
  }
}

function runningAt({
  result,
  error,
  unasked,
  back,
}: Part): Pick<Standing, 'state' | 'digest' | 'tag' | 'isEmpty'> {
  if (back?.result?.status === 'succeeded')
    return { state: 'rolled_back', ...digestOf(back.result) }
  if (unasked !== undefined) return { state: 'unknown' }
  if (back?.result !== undefined && !isFinal(orRunning(back.result.status)))
    return { state: 'under_way' }
  if (result === undefined) return { state: withoutHook(error) }
  const { status, deployment } = result
  const previous = deployment?.previous && { digest: deployment.previous.digest }
  switch (status) {
    case 'succeeded':
      return { state: 'live', ...digestOf(result) }
    case 'failed':
      return {
        state: 'failed',
        ...previous,
        ...(deployment?.image.digest !== undefined && previous === undefined && { isEmpty: true }),
      }
    case 'queued':
    case 'running':
      return {
        state: 'under_way',
        ...(deployment?.live_at === undefined ? previous : digestOf(result)),
      }
    case 'superseded':
      return { state: 'superseded' }
    case 'accepted':
      return { state: 'taken' }
  }
}

/** A hook that nobody is known to have taken: one that was refused changed nothing, another may have arrived. */
function withoutHook(error: unknown): State {
  if (error === undefined) return 'not_begun'
  return error instanceof ActionError &&
    ['rejected', 'no_id_token', 'bad_input'].includes(error.code)
    ? 'failed'
    : 'unknown'
}

const orRunning = (status: NonNullable<Part['result']>['status']) =>
  status === 'accepted' ? 'running' : status

function digestOf({ deployment }: NonNullable<Part['result']>): Pick<Standing, 'digest' | 'tag'> {
  const { digest, tag } = deployment?.image ?? {}
  return { ...(digest !== undefined && { digest }), ...(tag !== undefined && { tag }) }
}

function whyOf({ result, error, unasked, back, stays }: Part): string | undefined {
  if (unasked !== undefined) {
    return `${firstLine(unasked)}; last seen ${back?.result?.status ?? result?.status ?? ''}`
  }
  if (back?.error !== undefined) return `not rolled back: ${firstLine(back.error)}`
  const failed = result?.deployment?.error?.message
  if (failed !== undefined) return failed
  if (stays !== undefined) return stays
  if (back?.result !== undefined || error === undefined) return undefined
  return firstLine(error)
}

const firstLine = (error: unknown): string => describeError(error).split('\n')[0] ?? ''

const WORDS: Readonly<Record<State, string>> = {
  live: 'live',
  rolled_back: 'rolled back',
  failed: 'failed',
  not_begun: 'not begun',
  under_way: 'under way',
  superseded: 'superseded',
  taken: 'taken',
  unknown: 'not known',
}

/** `live on 2, failed on 1`, in this order. */
export const countsOf = (all: readonly Standing[]): string =>
  (Object.keys(WORDS) as State[])
    .map((state) => ({ state, count: all.filter((each) => each.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${WORDS[state]} on ${count}`)
    .join(', ')

/** The same for people. */
export const wordsOf = (standing: Standing): { became: string; runs: string; why: string } => ({
  became: WORDS[standing.state],
  runs: runsAt(standing),
  why: standing.why ?? '',
})

function runsAt({ state, digest, tag, isEmpty }: Standing): string {
  if (isEmpty) return 'nothing'
  if (digest === undefined) return RUNS_WITHOUT_DIGEST[state]
  const still = state === 'failed' ? 'still ' : ''
  return `${still}${tag === undefined ? '' : `${tag} `}${shortDigest(digest)}`
}

const RUNS_WITHOUT_DIGEST: Readonly<Record<State, string>> = {
  live: 'it',
  rolled_back: 'what it had',
  failed: 'what it had',
  not_begun: 'what it had',
  under_way: 'not known',
  superseded: 'a newer one',
  taken: 'not known',
  unknown: 'not known',
}

/** Whether all of them run one digest; undefined where that is not known of each. */
export const oneDigest = (all: readonly Standing[]): string | false | undefined => {
  const known = new Set(all.map(({ digest }) => digest))
  const [digest] = known
  if (known.size === 1) return digest
  return known.has(undefined) && known.size === 2 ? undefined : false
}
