import { readFileSync } from 'node:fs'
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

/**
 * Reads `GITHUB_*`, `RUNNER_TEMP` and the event's payload.
 * @throws ActionError `bad_environment` when the payload cannot be read.
 */
export const readContext = (env: NodeJS.ProcessEnv): RunContext => {
  const payload = readPayload(env['GITHUB_EVENT_PATH'])
  const eventName = env['GITHUB_EVENT_NAME'] ?? ''
  const repository = env['GITHUB_REPOSITORY'] ?? ''
  const serverUrl = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '')
  const runId = env['GITHUB_RUN_ID'] ?? ''
  const runAttempt = env['GITHUB_RUN_ATTEMPT'] ?? '1'
  const ref = env['GITHUB_REF'] ?? ''
  const pullRequest = eventName.startsWith('pull_request')
    ? payload.pull_request?.number
    : undefined
  return Object.freeze({
    repository,
    ref,
    sha: env['GITHUB_SHA'] ?? '',
    eventName,
    actor: env['GITHUB_ACTOR'] ?? '',
    runId,
    runAttempt,
    serverUrl,
    apiUrl: (env['GITHUB_API_URL'] ?? 'https://api.github.com').replace(/\/+$/, ''),
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

function readPayload(path: string | undefined): Payload {
  if (path === undefined || path === '') return {}
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch (cause) {
    throw new ActionError('bad_environment', `the event's payload ${path} cannot be read`, {
      hint: 'GITHUB_EVENT_PATH has to name the JSON file that the runner wrote; leave the variable as it is.',
      cause,
    })
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
