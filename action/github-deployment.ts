import { MAX_REASON_BYTES } from '../protocol/registries/answers.ts'
import type { RunContext } from './context.ts'
import { explainNetworkError, readText, send } from './http.ts'
import { plainLines, say, warn } from './log.ts'
import { getState, saveState } from './runner.ts'

/** GitHub's states, as far as they are used here. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

export interface DeploymentNews {
  state: DeploymentState
  /** Shown beside the state; GitHub takes 140 characters. */
  description: string
  /** Where users see the result. */
  url?: string
}

/** A deployment on GitHub's pages, of which every call only warns when it fails: the deploy itself goes on. */
export interface GithubDeployment {
  set(news: DeploymentNews): Promise<void>
}

/** What the post step needs to end it when this one was killed. */
interface Unended {
  /** Address of its statuses. */
  statuses: string
  logUrl: string
  environment: string
}

const ANSWER_TIMEOUT_MS = 15_000
const MAX_DESCRIPTION = 140
const STATE = 'github-deployment'

/**
 * Creates a GitHub deployment of this run's commit in an environment, without merging anything and without waiting for
 * checks. `undefined`, with a warning that says why, when it cannot be had.
 */
export const createGithubDeployment = async (
  { environment, token, image }: { environment: string; token: string; image: string },
  run: RunContext,
): Promise<GithubDeployment | undefined> => {
  if (environment === '') return undefined
  if (token === '' || run.repository === '' || run.sha === '') {
    warn(
      `environment ${environment}: no GitHub deployment, for there is no github-token or no commit`,
    )
    return undefined
  }
  const answer = await call(
    `${run.apiUrl}/repos/${run.repository}/deployments`,
    token,
    environment,
    {
      ref: run.sha,
      environment,
      description: shorten(image === '' ? 'a rollback' : image),
      auto_merge: false,
      required_contexts: [],
    },
  )
  const statuses = answer?.['statuses_url']
  if (typeof statuses !== 'string' || !statuses.startsWith(`${run.apiUrl}/`)) return undefined
  const begun = { statuses, logUrl: run.runUrl, environment }
  saveState(STATE, JSON.stringify(begun))
  const deployment = resume(begun, token)
  await deployment.set({ state: 'in_progress', description: 'the deployment was sent' })
  say(`GitHub deployment in the environment ${environment}: in progress`)
  return deployment
}

/** The deployment that this process or an earlier one began. */
const resume = ({ statuses, logUrl, environment }: Unended, token: string): GithubDeployment => ({
  async set({ state, description, url }) {
    await call(statuses, token, environment, {
      state,
      description: shorten(description),
      ...(logUrl !== '' && { log_url: logUrl }),
      ...(url !== undefined && { environment_url: url }),
    })
    if (state !== 'in_progress') saveState(STATE, '')
  },
})

/** Ends what the main step left unended, in the post step. */
export const endUnended = async (token: string): Promise<void> => {
  const left = JSON.parse(getState(STATE)) as Unended
  await resume(left, token).set({
    state: 'error',
    description: 'the job was killed while it followed; the deployment goes on by itself',
  })
}

/** Resolves to the answer, or to nothing after a warning. */
async function call(
  url: string,
  token: string,
  environment: string,
  body: object,
): Promise<Record<string, unknown> | undefined> {
  const bytes = Buffer.from(JSON.stringify(body))
  try {
    const answer = await send(url, {
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': String(bytes.length),
      },
      body: bytes,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS),
    })
    const text = await readText(answer)
    if (answer.status === 201) return JSON.parse(text) as Record<string, unknown>
    warn(`environment ${environment}: ${refusal(answer.status, text)}`)
  } catch (error) {
    warn(`environment ${environment}: no GitHub deployment: ${explainNetworkError(error, url).why}`)
  }
  return undefined
}

function refusal(status: number, text: string): string {
  const said = /"message"\s*:\s*"([^"]*)"/.exec(text.slice(0, MAX_REASON_BYTES))?.[1] ?? ''
  if (status === 403 || status === 404) {
    return `GitHub does not let this job report the deployment (${status} ${said}): add "permissions: { deployments: write }" to it. The deploy itself goes on.`
  }
  return `GitHub answered ${status} ${said}; the deploy itself goes on`
}

function shorten(text: string): string {
  const line = plainLines(text)[0] ?? ''
  return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 1)}…`
}
