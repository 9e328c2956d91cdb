import { getState, saveState } from '@actions/core'
import { askGithub, connect, type Matter, type Octokit } from './ask-github.ts'
import type { RunContext } from './context.ts'
import { plainLines, say, warn } from './log.ts'

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
  id: number
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

const MAX_DESCRIPTION = 140
const STATE = 'github-deployment'

const matterOf = (environment: string): Matter => ({
  about: `environment ${environment}`,
  act: 'report the deployment',
  permission: 'deployments: write',
})

interface Wanted {
  /** `''` for none. */
  environment: string
  token: string
  image: string
  /** Of a preview, whose environment is there for a while only. */
  task?: string
}

/**
 * Creates a GitHub deployment of this run's commit in an environment, without merging anything and without waiting for
 * checks; for a preview it is of the pull request's head, where GitHub shows it. `undefined`, with a warning that says why, when it
 * cannot be had. Rejects when the job is cancelled.
 */
export const createGithubDeployment = async (
  { environment, token, image, task }: Wanted,
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
  const id = await askGithub(
    matterOf(environment),
    async (signal) => {
      const { data } = await octokit.repos.createDeployment({
        owner,
        repo,
        ref: (task === undefined ? undefined : run.payload.pull_request?.head?.sha) ?? run.sha,
        environment,
        description: shorten(image === '' ? 'a rollback' : image),
        auto_merge: false,
        required_contexts: [],
        ...(task !== undefined && {
          task,
          transient_environment: true,
          production_environment: false,
        }),
        request: { signal },
      })
      if (!('id' in data)) throw new Error(data.message ?? 'it answered without an id')
      return data.id
    },
    { cancelled },
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
  return { id: begun.id, set: (news) => (told = told.then(() => tell(news, begun, octokit))) }
}

async function tell(news: DeploymentNews, begun: Unended, octokit: Octokit): Promise<void> {
  const { owner, repo, id, logUrl, environment } = begun
  const { state, description, url, isBegin } = news
  const isTold = await askGithub(matterOf(environment), async (signal) => {
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

function shorten(text: string): string {
  const line = plainLines(text)[0] ?? ''
  return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 1)}…`
}
