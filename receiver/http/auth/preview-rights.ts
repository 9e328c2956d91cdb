import { branchPreview, pullRequestPreview } from '../../../protocol/preview-name.ts'
import type { Origin, Preview, Run } from '../../core/previews/preview.ts'
import { shorten } from '../../core/shorten.ts'
import type { PreviewRights } from './authentic.ts'

/** What is asked for, of which preview. */
export interface Asked {
  /** The app that it is a preview of. */
  of: string
  name: string
  remove: boolean
  /** As it is on record. */
  known: Preview | undefined
}

/**
 * Why a sender may not do that with a preview; `undefined` when it may. A token's own preview follows from its `ref`: that of the pull
 * request whose merge commit it is, or of the branch. After a merge GitHub's `ref` is the base branch: such a token of a pull request
 * says by its `head_ref` whose it was, and may remove that alone.
 */
export function refusedPreview(
  rights: PreviewRights | undefined,
  { of, name, remove, known }: Asked,
): string | undefined {
  if (rights === undefined) return `these credentials are not of ${of}'s previews`
  if (rights === 'any') return undefined
  const ref = textOf(rights.claims, 'ref')
  const event = textOf(rights.claims, 'event_name')
  const pullRequest = /^refs\/pull\/(\d{1,15})\/merge$/.exec(ref)?.[1]
  if (pullRequest !== undefined) return otherThan(pullRequestPreview(pullRequest), name, ref)
  const branch = /^refs\/heads\/(.+)$/s.exec(ref)?.[1]
  if (branch === undefined)
    return `${shown(ref)} is neither a branch nor a pull request's: it has no preview`
  if (!event.startsWith('pull_request')) return otherThan(branchPreview(of, branch), name, ref)
  if (event !== 'pull_request')
    return `a token of ${event} has no preview of its own: sign the hook with a key`
  if (!remove)
    return `its pull request is merged into ${shown(ref)}: its preview can only be removed`
  const origin = originOf(rights)
  const isOwn =
    known === undefined ||
    (origin !== undefined &&
      known.origin?.repositoryId === origin.repositoryId &&
      known.origin.headRef === origin.headRef)
  return isOwn
    ? undefined
    : `${name} was not deployed by tokens of ${shown(origin?.headRef ?? '')}: another pull request's is not removed`
}

/** The branch that a token of a pull request is of. */
export function originOf(rights: PreviewRights | undefined): Origin | undefined {
  if (rights === undefined || rights === 'any') return undefined
  const [repositoryId, headRef] = ['repository_id', 'head_ref'].map((name) =>
    textOf(rights.claims, name),
  )
  return repositoryId === undefined ||
    repositoryId === '' ||
    headRef === undefined ||
    headRef === ''
    ? undefined
    : { repositoryId, headRef }
}

/** The run of a workflow that a token is of. */
export function runOf(rights: PreviewRights | undefined): Run | undefined {
  if (rights === undefined || rights === 'any') return undefined
  const [id = '', attempt = ''] = ['run_id', 'run_attempt'].map((name) =>
    textOf(rights.claims, name),
  )
  if (!NUMBER.test(id)) return undefined
  return { id: Number(id), attempt: NUMBER.test(attempt) ? Number(attempt) : 1 }
}

const NUMBER = /^\d{1,15}$/

/** Whether it says by its `head_ref` alone whose it is. */
export const isMerged = (rights: PreviewRights | undefined): boolean =>
  rights !== undefined &&
  rights !== 'any' &&
  textOf(rights.claims, 'event_name') === 'pull_request' &&
  textOf(rights.claims, 'ref').startsWith('refs/heads/')

const otherThan = (own: string, name: string, ref: string) =>
  own === name ? undefined : `${shown(ref)} may touch the preview ${own}, not ${name}`

const shown = (text: string) => JSON.stringify(shorten(text, 200))

function textOf(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
