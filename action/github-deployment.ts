import { once } from 'node:events'
import { getState, saveState } from '@actions/core'
import type { RunContext } from './context.ts'
import { plainLines, say, warn } from './log.ts'
import type { createOctokit } from './octokit.ts'

/** GitHub's states, as far as they are used here. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

export interface DeploymentNews {
  state: DeploymentState
  /** Shown beside the state; GitHub takes 140 characters. */
  description: string
  /** Where users see the result. */
  url?: string
  /** What comes first, after which an end is still to come. */
  isBegin?: true
}

/** A deployment on GitHub's pages, of which every call only warns when it fails: the deploy itself goes on. */
export interface GithubDeployment {
  set(news: DeploymentNews): Promise<void>
}

/** What the post step needs to end it when this one was killed, or could not. */
interface Unended {
  owner: string
  repo: string
  id: number
  logUrl: string
  environment: string
  /** How it ended, where GitHub could not be told. */
  news?: DeploymentNews
}

type Octokit = ReturnType<typeof createOctokit>

/** Longest that one thing is tried for, all repetitions together. */
const DEADLINE_MS = 60_000
const MAX_DESCRIPTION = 140
/** Of GitHub's own words in a warning, in characters. */
const MAX_REASON = 300
const STATE = 'github-deployment'

/**
 * Creates a GitHub deployment of this run's commit in an environment, without merging anything and without waiting for
 * checks. `undefined`, with a warning that says why, when it cannot be had. Rejects when the job is cancelled.
 */
export const createGithubDeployment = async (
  { environment, token, image }: { environment: string; token: string; image: string },
  run: RunContext,
  cancelled: AbortSignal,
): Promise<GithubDeployment | undefined> => {
  if (environment === '') return undefined
  if (token === '' || run.repository === '' || run.sha === '') {
    warn(
      `environment ${environment}: no GitHub deployment, for there is no github-token or no commit`,
    )
    return undefined
  }
  const [owner = '', repo = ''] = run.repository.split('/')
  const octokit = await connect(token)
  const id = await call(
    environment,
    async (signal) => {
      const { data } = await octokit.repos.createDeployment({
        owner,
        repo,
        ref: run.sha,
        environment,
        description: shorten(image === '' ? 'a rollback' : image),
        auto_merge: false,
        required_contexts: [],
        request: { signal },
      })
      if (!('id' in data)) throw new Error(data.message ?? 'it answered without an id')
      return data.id
    },
    cancelled,
  )
  if (id === undefined) return undefined
  const begun = { owner, repo, id, logUrl: run.runUrl, environment }
  saveState(STATE, JSON.stringify(begun))
  const deployment = resume(begun, octokit)
  // GitHub wants a second between two writes, for which nothing else has to wait
  void deployment.set({
    state: 'in_progress',
    description: 'the deployment was sent',
    isBegin: true,
  })
  return deployment
}

/** The deployment that this process or an earlier one began. What is told of it comes in order. */
const resume = (begun: Unended, octokit: Octokit): GithubDeployment => {
  let told: Promise<void> = Promise.resolve()
  return { set: (news) => (told = told.then(() => tell(news, begun, octokit))) }
}

async function tell(news: DeploymentNews, begun: Unended, octokit: Octokit): Promise<void> {
  const { owner, repo, id, logUrl, environment } = begun
  const { state, description, url, isBegin } = news
  const isTold = await call(environment, async (signal) => {
    await octokit.repos.createDeploymentStatus({
      owner,
      repo,
      deployment_id: id,
      state,
      description: shorten(description),
      ...(logUrl !== '' && { log_url: logUrl }),
      ...(url !== undefined && { environment_url: url }),
      request: { signal },
    })
    return true
  })
  if (isTold) say(`GitHub deployment in the environment ${environment}: ${state}`)
  if (isBegin !== true) saveState(STATE, isTold ? '' : JSON.stringify({ ...begun, news }))
}

/** Ends what the main step left unended, in the post step. */
export const endUnended = async (token: string): Promise<void> => {
  const { news, ...begun } = JSON.parse(getState(STATE)) as Unended
  await resume(begun, await connect(token)).set(
    news ?? {
      state: 'error',
      description: 'the job was killed while it followed; the deployment goes on by itself',
    },
  )
}

/** A run without an environment loads nothing of it. */
const connect = async (token: string): Promise<Octokit> =>
  (await import('./octokit.ts')).createOctokit(token)

/**
 * Resolves to what the work gives, or to nothing after a warning. Octokit's pauses between two tries know no signal, so that
 * the work is not waited for once it has to end.
 * @param cancelled rejects with its reason; without it the work goes on when the job is cancelled
 */
async function call<T>(
  environment: string,
  work: (signal: AbortSignal) => Promise<T>,
  cancelled?: AbortSignal,
): Promise<T | undefined> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), DEADLINE_MS)
  const ended = AbortSignal.any([late.signal, ...(cancelled ? [cancelled] : [])])
  try {
    ended.throwIfAborted()
    return await Promise.race([work(ended), rejectOn(ended)])
  } catch (error) {
    cancelled?.throwIfAborted()
    warn(`environment ${environment}: ${refusal(error as Error & { status?: number })}`)
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

const rejectOn = async (signal: AbortSignal): Promise<never> => {
  await once(signal, 'abort')
  throw signal.reason
}

function refusal({ status, message }: { status?: number; message: string }): string {
  const said = (plainLines(message)[0] ?? '').slice(0, MAX_REASON)
  if (status === 403 || status === 404) {
    return `GitHub does not let this job report the deployment (${status} ${said}): add "permissions: { deployments: write }" to it. The deploy itself goes on.`
  }
  return `GitHub was not told of the deployment (${status ?? 'no answer'}: ${said}); the deploy itself goes on`
}

function shorten(text: string): string {
  const line = plainLines(text)[0] ?? ''
  return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 1)}…`
}
