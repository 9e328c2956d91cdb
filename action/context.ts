import type { context } from '@actions/github'
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
  /** When the head commit was made; unknown for most events but a push. */
  committedAt?: Date
  /** First line of the head commit's message, or the title of the pull request. */
  message: string
  description: string
  /** SPDX identifier. */
  license: string
  /** The runner's directory for what lasts one job. */
  temporary: string
}

/** Whether the run is of the default branch itself, not of a pull request into it. */
export const onDefaultBranch = ({ pullRequest, defaultBranch, ref }: RunContext): boolean =>
  pullRequest === undefined && defaultBranch !== '' && ref === `refs/heads/${defaultBranch}`

/** What the toolkit has read of the environment and the event's payload. */
export type GithubContext = Omit<typeof context, 'issue'>

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
  const payload = ((github.payload as object | null) ?? {}) as Payload
  const repository = repositoryOf(github)
  const serverUrl = github.serverUrl.replace(/\/+$/, '')
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
    serverUrl,
    apiUrl: github.apiUrl.replace(/\/+$/, ''),
    runUrl:
      repository === '' || runId === ''
        ? ''
        : `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${runAttempt}`,
    ...(pullRequest !== undefined && { pullRequest }),
    defaultBranch: payload.repository?.default_branch ?? branchOfSchedule(eventName, ref),
    baseRef: env['GITHUB_BASE_REF'] ?? '',
    ...readCommitDate(payload.head_commit?.timestamp),
    message: firstLine(payload.head_commit?.message ?? payload.pull_request?.title),
    description: firstLine(payload.repository?.description),
    license: payload.repository?.license?.spdx_id ?? '',
    temporary: env['RUNNER_TEMP'] ?? '',
  })
}

interface Payload {
  repository?: {
    default_branch?: string
    description?: string | null
    license?: { spdx_id?: string } | null
  }
  head_commit?: { message?: string; timestamp?: string } | null
  pull_request?: { number?: number; title?: string }
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

function readCommitDate(timestamp: string | undefined): { committedAt?: Date } {
  const date = new Date(timestamp ?? '')
  return Number.isNaN(date.getTime()) ? {} : { committedAt: date }
}

const firstLine = (text: string | null | undefined): string =>
  (text ?? '')
    .trim()
    .replace(/[\r\n][^]*/, '')
    .slice(0, 1000)
