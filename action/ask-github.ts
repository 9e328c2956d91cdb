import { once } from 'node:events'
import { plainLines, warn } from './log.ts'
import type { createOctokit } from './octokit.ts'

export type Octokit = ReturnType<typeof createOctokit>

/** What GitHub is asked for beside the deploy, which goes on without it. */
export interface Matter {
  /** What people are told first: `environment production`. */
  about: string
  /** What the job may not, or could not: `report the deployment`. */
  act: string
  /** What it takes: `deployments: write`. */
  permission: string
  /** Tells why it was not done; a warning unless said otherwise. */
  tell?: (text: string) => void
}

/** Longest that one thing is tried for, all repetitions together. */
const DEADLINE_MS = 60_000
/** Of GitHub's own words in a warning, in characters. */
const MAX_REASON = 300

/** A run that asks GitHub for nothing loads nothing of it. */
export const connect = async (token: string): Promise<Octokit> =>
  (await import('./octokit.ts')).createOctokit(token)

/**
 * Resolves to what the work gives, or to nothing after a warning. Octokit's pauses between two tries know no signal, so that
 * the work is not waited for once it has to end.
 * @param limits `cancelled` rejects with its reason; without it the work goes on when the job is cancelled
 */
export const askGithub = async <T>(
  matter: Matter,
  work: (signal: AbortSignal) => Promise<T>,
  { cancelled, deadlineMs = DEADLINE_MS }: { cancelled?: AbortSignal; deadlineMs?: number } = {},
): Promise<T | undefined> => {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), deadlineMs)
  const ended = AbortSignal.any([late.signal, ...(cancelled ? [cancelled] : [])])
  try {
    ended.throwIfAborted()
    return await Promise.race([work(ended), rejectOn(ended)])
  } catch (error) {
    cancelled?.throwIfAborted()
    const { tell = warn } = matter
    tell(`${matter.about}: ${refusal(error as Error & { status?: number }, matter)}`)
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

const rejectOn = async (signal: AbortSignal): Promise<never> => {
  await once(signal, 'abort')
  throw signal.reason
}

function refusal(
  { status, message }: { status?: number; message: string },
  { act, permission }: Matter,
): string {
  const said = (plainLines(message)[0] ?? '').slice(0, MAX_REASON)
  if (status === 403 || status === 404) {
    return `GitHub does not let this job ${act} (${status} ${said}): add "permissions: { ${permission} }" to it. All else goes on.`
  }
  return `this job could not ${act} (${status ?? 'no answer'}: ${said}); all else goes on`
}
