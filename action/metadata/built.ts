import type { RunContext } from '../context.ts'

/** What a build may be called after. */
export interface Built {
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`; `''` where nobody knows. */
  ref: string
  /** The whole commit hash; `''` where nobody knows. */
  sha: string
  /** The run's own commit, which a checkout that says nothing else brings. */
  isOwn: boolean
}

/**
 * What the run builds, as far as the event says it. Many events run on the default branch and speak of another commit: a
 * comment of a pull request, a workflow that ended, a check. Their workflows check that commit out, so the default
 * branch's name and commit would be put on an image that is not made of it. Such a build is called after the pull
 * request or the branch that the event speaks of.
 */
export const builtBy = (run: RunContext): Built => {
  const own: Built = { ref: run.ref, sha: run.sha, isOwn: true }
  if (run.ref.startsWith('refs/pull/') || isMerged(run)) return own
  return pullRequest(run) ?? endedWorkflow(run) ?? checkedCommit(run) ?? own
}

/** A pull request that was merged: the run is of the base branch, at the commit that the merge made of it. */
const isMerged = ({ eventName, ref, sha, payload: { pull_request: pull } }: RunContext): boolean =>
  eventName === 'pull_request' &&
  pull?.merged === true &&
  pull.merge_commit_sha === sha &&
  ref === `refs/heads/${pull.base?.ref}`

function pullRequest({ payload }: RunContext): Built | undefined {
  const { pull_request, client_payload, issue } = payload
  const pull = pull_request ?? client_payload?.pull_request
  const number = pull?.number ?? (issue?.pull_request && issue.number)
  if (number === undefined) return undefined
  return elsewhere(`refs/pull/${number}/merge`, pull?.head?.sha)
}

/** A workflow that ran for the default branch of this very repository ran for its commits. */
function endedWorkflow({
  eventName,
  payload,
  repository,
  defaultBranch,
}: RunContext): Built | undefined {
  const ended = payload.workflow_run
  // deployments tell of one too, or of none
  if (eventName !== 'workflow_run' || !ended) return undefined
  const isOfPull = ended.event?.startsWith('pull_request') === true
  const isOurs = ended.head_repository?.full_name === repository
  if (!isOfPull && isOurs) {
    const branch = ended.head_branch ?? ''
    if (branch === defaultBranch) return undefined
    return elsewhere(branch === '' ? '' : `refs/heads/${branch}`, ended.head_sha)
  }
  const number = ended.pull_requests?.[0]?.number
  return elsewhere(number === undefined ? '' : `refs/pull/${number}/merge`, ended.head_sha)
}

/** A check or a status of the run's own commit is of that commit. */
function checkedCommit({ eventName, payload, sha }: RunContext): Built | undefined {
  if (!['check_run', 'check_suite', 'status'].includes(eventName)) return undefined
  const checked = payload.check_run?.head_sha ?? payload.check_suite?.head_sha ?? payload.sha
  return checked === undefined || checked === sha ? undefined : elsewhere('', checked)
}

const elsewhere = (ref: string, sha = ''): Built => ({ ref, sha, isOwn: false })
