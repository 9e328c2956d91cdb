import { ActionError, describeError } from './error.ts'
import { readDeployment } from './follow.ts'
import type { DeploymentNews } from './github-deployment.ts'
import type { Part } from './part.ts'
import { countsOf, standingOf } from './standing.ts'
import type { Result } from './summary.ts'

/** What GitHub's pages say of a run that had no error. */
export const endedWell = (results: readonly Result[]): DeploymentNews => {
  const open = results.find(({ status }) => status === 'queued' || status === 'running')
  if (open !== undefined) {
    return { state: 'in_progress', description: `${open.app} is ${open.status}: not followed` }
  }
  const superseded = results.find(({ status }) => status === 'superseded')
  if (superseded !== undefined) {
    return {
      state: 'inactive',
      description: `a newer deployment of ${superseded.app} took its place`,
    }
  }
  const image = results.at(-1)?.deployment?.image
  return {
    state: 'success',
    description:
      image === undefined
        ? 'the hook was taken'
        : `live: ${image.repository.split('/').at(-1) ?? ''}${image.tag === undefined ? '' : `:${image.tag}`} ${image.digest?.slice(0, 19) ?? ''}`,
  }
}

/**
 * What GitHub's pages say of a run that ended in an error. One that was cancelled or timed out while its only deployment went on
 * asks the receiver once more: what is true then is shown. Of several receivers it says how many are where.
 */
export const endedAs = async (parts: readonly Part[], error: unknown): Promise<DeploymentNews> => {
  const [reason = 'it failed'] = describeError(error).split('\n')
  const [{ result }, ...others] = parts.length === 0 ? [{ result: undefined }] : parts
  if (others.length > 0) {
    const isCancelled = error instanceof ActionError && error.code === 'cancelled'
    const counts = countsOf(parts.map(standingOf))
    return isCancelled
      ? { state: 'error', description: `cancelled: ${counts}` }
      : { state: 'failure', description: `${counts}: ${reason}` }
  }
  const { app = 'it', deployment, status, follow } = result ?? {}
  if (status === undefined || status === 'failed') return { state: 'failure', description: reason }
  const now = follow === undefined ? undefined : await readDeployment(follow)
  switch (now?.status ?? deployment?.status) {
    case 'succeeded':
      return { state: 'success', description: `${app} is live; ${reason}` }
    case 'failed':
      return { state: 'failure', description: now?.error?.message ?? reason }
    case 'superseded':
      return { state: 'inactive', description: `a newer deployment of ${app} took its place` }
    case undefined:
    case 'queued':
    case 'running':
      return { state: 'error', description: `no longer followed, and goes on: ${reason}` }
  }
}

/** What the workflow says, else where the receiver says that users reach the app. */
export const environmentUrl = (results: readonly Result[], given: string): string | undefined =>
  given === '' ? results.findLast(({ deployment }) => deployment?.url)?.deployment?.url : given
