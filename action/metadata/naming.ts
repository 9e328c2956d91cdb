import type { RunContext } from '../context.ts'
import { ActionError } from '../error.ts'
import { type Built, builtBy } from './built.ts'

/** What tags and labels are made of: as the event says it, or the checkout. */
export interface Naming extends Built {
  eventName: string
  defaultBranch: string
  /** Branch that the pull request goes to, or that a pushed tag was made from; `''` for none. */
  baseRef: string
  /** How many characters of a commit's hash are its short form. */
  shortShaLength: number
  committedAt: Date
  now: Date
  /** How many characters of a branch's or tag's name go into a tag. */
  maxNameCharacters: number
}

/** What is asked beyond the event, and only when something needs it. */
export interface Sources {
  env: NodeJS.ProcessEnv
  now: Date
  /** What is checked out. */
  readCheckout: () => Promise<{ ref: string; sha: string }>
  /** When a commit was made; `undefined` where nobody knows. */
  readCommitDate: (sha: string) => Promise<Date | undefined>
}

/**
 * @param tagContext `workflow`: the event; `git`: the checkout
 * @param needsCommitDate whether anything asks for it
 * @throws ActionError `bad_input`, `bad_environment`.
 */
export const nameBuild = async (
  { tagContext, needsCommitDate }: { tagContext: 'workflow' | 'git'; needsCommitDate: boolean },
  run: RunContext,
  sources: Sources,
): Promise<Naming> => {
  const { env, now } = sources
  const built =
    tagContext === 'git'
      ? await checkedOut(run, sources)
      : { ...builtBy(run), ...headOfPull(run, env) }
  return {
    ...built,
    eventName: run.eventName,
    defaultBranch: run.defaultBranch,
    baseRef: baseRef(run, built.ref),
    shortShaLength: shortShaLength(env),
    committedAt: needsCommitDate ? await committedAt(built.sha, run, sources) : now,
    now,
    maxNameCharacters: Infinity,
  }
}

/** {@link Naming.ref} as `refs/heads/…`, without what is before the name; `''` for another kind of ref. */
export const branchOf = ({ ref, maxNameCharacters }: Naming): string =>
  nameIn(ref, 'refs/heads/', maxNameCharacters)
export const tagOf = ({ ref, maxNameCharacters }: Naming): string =>
  nameIn(ref, 'refs/tags/', maxNameCharacters)
export const pullOf = ({ ref }: Naming): string => /^refs\/pull\/(\d+)\//.exec(ref)?.[1] ?? ''

const nameIn = (ref: string, before: string, maxCharacters: number): string =>
  ref.startsWith(before) ? ref.slice(before.length).slice(0, maxCharacters) : ''

export const isDefaultBranch = ({ ref, defaultBranch }: Naming): boolean =>
  defaultBranch !== '' && ref === `refs/heads/${defaultBranch}`

export const shortSha = ({ sha, shortShaLength: length }: Naming): string => sha.slice(0, length)

/**
 * A checkout's branch may be a fork's own `main`. Where the event speaks of another commit than the run's, the default
 * branch is believed only when the run's commit is what stands there.
 */
async function checkedOut(run: RunContext, { readCheckout }: Sources): Promise<Built> {
  const { ref, sha } = await readCheckout()
  const byEvent = builtBy(run)
  const isElsewhere = !byEvent.isOwn || run.ref.startsWith('refs/pull/')
  const isForeign = isElsewhere && ref === `refs/heads/${run.defaultBranch}` && sha !== run.sha
  return { ref: isForeign ? byEvent.ref : ref, sha, isOwn: true }
}

/** On a pull request's merge commit, which nobody ever sees again, the head is what people look for. */
function headOfPull(run: RunContext, env: NodeJS.ProcessEnv): { sha?: string } {
  const sha = run.payload.pull_request?.head?.sha
  const isWanted = /true/i.test(env['DOCKER_METADATA_PR_HEAD_SHA'] ?? '')
  return isWanted && sha !== undefined && run.eventName.startsWith('pull_request') ? { sha } : {}
}

function baseRef({ payload, baseRef: base }: RunContext, ref: string): string {
  if (ref.startsWith('refs/tags/')) return (payload.base_ref ?? '').replace(/^refs\/heads\//, '')
  return ref.startsWith('refs/pull/') ? (payload.pull_request?.base?.ref ?? base) : ''
}

function shortShaLength(env: NodeJS.ProcessEnv): number {
  const text = env['DOCKER_METADATA_SHORT_SHA_LENGTH'] ?? ''
  if (text === '') return 7
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new ActionError(
    'bad_environment',
    `DOCKER_METADATA_SHORT_SHA_LENGTH: "${text}" is not a number of characters`,
    { hint: 'Write a whole number, as 12, or leave it out for 7.' },
  )
}

async function committedAt(sha: string, run: RunContext, sources: Sources): Promise<Date> {
  const known = sha === run.sha ? run.committedAt : undefined
  return known ?? (sha === '' ? undefined : await sources.readCommitDate(sha)) ?? sources.now
}
