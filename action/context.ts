import type { context } from '@actions/github'
import { withoutTrailingSlash } from '../protocol/trailing-slash.ts'
import { ActionError } from './error.ts'

/** What GitHub says about the run, read once. Absent is `''`, so that it also runs outside of GitHub. */
export interface RunContext {
  /** `owner/name`. */
  repository: string
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`. */
  ref: string
  /** The whole commit hash. */
  sha: string
  eventName: string
  actor: string
  runId: string
  runAttempt: string
  /** `GITHUB_JOB` and `GITHUB_ACTION`: ids of the job in its workflow and of the step in its job. */
  job: string
  step: string
  /** Whether each run has an id of its own: act gives all of them the same. */
  hasOwnRunIds: boolean
  /** `https://github.com`, or the company's own. */
  serverUrl: string
  /** `https://api.github.com`, or the company's own. */
  apiUrl: string
  /** Page of this attempt of the run. */
  runUrl: string
  /** Only of a `pull_request` or `pull_request_target` event. */
  pullRequest?: number
  defaultBranch: string
  /** Branch that a pull request is to be merged into; `''` without one. */
  baseRef: string
  /** When {@link sha} was committed, where the event says so: a push does. */
  committedAt?: Date
  /** When the push or what happened to the pull request was, where the event says so. Whoever runs it again does so later. */
  happenedAt?: Date
  /** First line of the head commit's message, or the title of the pull request. */
  message: string
  description: string
  /** SPDX identifier. */
  license: string
  /** The runner's directory for what lasts one job. */
  temporary: string
  /** What GitHub says of the event, as far as anything here asks. */
  payload: EventPayload
}

/** What the toolkit has read of the environment and the event's payload. Outside of GitHub its variables are not set. */
export type GithubContext = Omit<typeof context, 'issue' | Variable> &
  Partial<Pick<typeof context, Variable>>
type Variable = 'eventName' | 'ref' | 'actor' | 'sha' | 'job' | 'action'

/**
 * The toolkit's own reading of the run. It reads when it is loaded, so a payload that is not JSON stops it there.
 * @throws ActionError `bad_environment`.
 */
export const loadGithubContext = async (): Promise<GithubContext> => {
  try {
    const { context: github } = await import('@actions/github')
    return github
  } catch (cause) {
    const path = process.env['GITHUB_EVENT_PATH'] ?? ''
    throw new ActionError('bad_environment', `the event's payload ${path} cannot be read`, {
      hint: 'GITHUB_EVENT_PATH has to name the JSON file that the runner wrote; leave the variable as it is.',
      cause,
    })
  }
}

/** The run as the toolkit tells it, with what it leaves out: the base branch and `RUNNER_TEMP`. */
export const readContext = (github: GithubContext, env: NodeJS.ProcessEnv): RunContext => {
  const { eventName = '', ref = '', actor = '', sha = '' } = github
  const payload = (github.payload ?? {}) as EventPayload
  const repository = repositoryOf(github)
  const serverUrl = withoutTrailingSlash(github.serverUrl)
  // act and others have runs without a number
  const runId = Number.isNaN(github.runId) ? '' : String(github.runId)
  const runAttempt = Number.isNaN(github.runAttempt) ? '1' : String(github.runAttempt)
  const pullRequest = eventName.startsWith('pull_request')
    ? payload.pull_request?.number
    : undefined
  return Object.freeze({
    repository,
    ref,
    sha,
    eventName,
    actor,
    runId,
    runAttempt,
    job: github.job ?? '',
    step: github.action ?? '',
    hasOwnRunIds: env['ACT'] !== 'true',
    serverUrl,
    apiUrl: withoutTrailingSlash(github.apiUrl),
    runUrl:
      repository === '' || runId === ''
        ? ''
        : `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${runAttempt}`,
    ...(pullRequest !== undefined && { pullRequest }),
    defaultBranch: payload.repository?.default_branch ?? branchOfSchedule(eventName, ref),
    baseRef: env['GITHUB_BASE_REF'] ?? '',
    ...readCommitDate(payload, sha),
    ...(runAttempt === '1' && readEventDate(eventName, payload)),
    message: firstLine(payload.head_commit?.message ?? payload.pull_request?.title),
    description: firstLine(payload.repository?.description),
    license: payload.repository?.license?.spdx_id ?? '',
    temporary: env['RUNNER_TEMP'] ?? '',
    payload,
  })
}

/** docs.github.com, "Webhook events and payloads". Which parts are there depends on the event. */
export interface EventPayload {
  /** What became of it: a pull request is `opened`, `synchronize`, `closed`, … */
  action?: string
  repository?: {
    full_name?: string
    default_branch?: string
    description?: string | null
    pushed_at?: number | string | null
    license?: { spdx_id?: string } | null
  }
  /** Of a push of a tag: the branch that it was made from, `refs/heads/main`, when GitHub knows it. */
  base_ref?: string | null
  head_commit?: Commit | null
  commits?: Commit[]
  pull_request?: {
    number?: number
    title?: string
    updated_at?: string
    merged?: boolean | null
    merge_commit_sha?: string | null
    head?: { sha?: string; repo?: { full_name?: string } | null }
    base?: { ref?: string }
  }
  /** A pull request is an issue too: then it has `pull_request`. */
  issue?: { number?: number; pull_request?: object }
  workflow_run?: {
    event?: string
    head_branch?: string | null
    head_sha?: string
    head_repository?: { full_name?: string } | null
    pull_requests?: { number?: number }[]
  }
  check_run?: { head_sha?: string }
  check_suite?: { head_sha?: string }
  /** Of a `status` event. */
  sha?: string
  /** Of a `repository_dispatch`: whatever its sender wrote. */
  client_payload?: { pull_request?: { number?: number; head?: { sha?: string } } } | null
}

interface Commit {
  id?: string
  message?: string
  timestamp?: string
}

/** It throws where neither the environment nor the payload names one. */
function repositoryOf(github: GithubContext): string {
  try {
    return `${github.repo.owner}/${github.repo.repo}`
  } catch {
    return ''
  }
}

/** A schedule runs on the default branch only, and its payload does not name that branch. */
const branchOfSchedule = (eventName: string, ref: string): string =>
  eventName === 'schedule' ? ref.replace(/^refs\/heads\//, '') : ''

/** Other commits of the push have other dates. */
function readCommitDate(payload: EventPayload, sha: string): { committedAt?: Date } {
  const known = [...(payload.commits ?? []), payload.head_commit].find((one) => one?.id === sha)
  const date = new Date(known?.timestamp ?? '')
  return Number.isNaN(date.getTime()) ? {} : { committedAt: date }
}

/** Of other events the payload has no time of their own. */
function readEventDate(eventName: string, payload: EventPayload): { happenedAt?: Date } {
  const { pull_request: pullRequest, repository } = payload
  const pushed = eventName === 'push' ? repository?.pushed_at : undefined
  // a push's is in Unix seconds
  const said = typeof pushed === 'number' ? pushed * 1000 : (pushed ?? pullRequest?.updated_at)
  const date = new Date(said ?? '')
  return Number.isNaN(date.getTime()) ? {} : { happenedAt: date }
}

const firstLine = (text: string | null | undefined): string =>
  (text ?? '')
    .trim()
    .replace(/[\r\n][^]*/, '')
    .slice(0, 1000)
