import type { Octokit } from '@octokit/rest'
import { DeliveryError } from '../../core/notify/delivery-error.ts'
import type { GithubNews } from '../../core/notify/github-news.ts'
import { printable } from '../../core/printable.ts'
import { shorten } from '../../core/shorten.ts'
import { readRetryAfter } from '../retry-after.ts'
import { createClient, endsWith, type InstalledApp } from './client.ts'

/** Shows a deployment on its repository. Resolves when GitHub has it. Throws `DeliveryError`. */
export type ShowOnGithub = (news: GithubNews, signal: AbortSignal) => Promise<void>

const REASON_CHARACTERS = 200

/**
 * @param app may write deployments and commit statuses
 * @param pageUrl where the page is for people, read when it is needed
 * @param env has the proxies
 */
export function createGithubStatuses(
  app: InstalledApp,
  pageUrl: () => string | undefined,
  env: NodeJS.ProcessEnv,
): ShowOnGithub {
  const octokit = createClient(app, env)
  return async (news, signal) => {
    try {
      await endsWith(signal, show(octokit, news, pageUrl(), signal))
    } catch (error) {
      throw explain(news, error)
    }
  }
}

async function show(
  octokit: Octokit,
  { repository, sha, environment, state, description, app, deployment, url }: GithubNews,
  pageUrl: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const [owner = '', repo = ''] = repository.split('/')
  const of = { owner, repo, request: { signal } }
  const log = pageUrl === undefined ? undefined : `${pageUrl}/page/deployments/${deployment}`
  // by its task it is found again, whatever became of the answer that had its number
  const task = `deploy-receiver:${deployment}`
  const { data: known } = await octokit.repos.listDeployments({ ...of, sha, environment, task })
  const number =
    known[0]?.id ?? (await create(octokit, { ...of, sha, environment, task, description }))
  await octokit.repos.createDeploymentStatus({
    ...of,
    deployment_id: number,
    state,
    description,
    ...(log === undefined ? {} : { log_url: log }),
    ...(url === undefined ? {} : { environment_url: url }),
  })
  const target = log ?? url
  await octokit.repos.createCommitStatus({
    ...of,
    sha,
    state: state === 'in_progress' ? 'pending' : state,
    context: `deploy/${app}`,
    description,
    ...(target === undefined ? {} : { target_url: target }),
  })
}

async function create(
  octokit: Octokit,
  {
    sha,
    ...of
  }: {
    owner: string
    repo: string
    sha: string
    environment: string
    task: string
    description: string
    request: { signal: AbortSignal }
  },
): Promise<number> {
  const { data } = await octokit.repos.createDeployment({
    ...of,
    ref: sha,
    auto_merge: false,
    required_contexts: [],
  })
  if ('id' in data) return data.id
  throw new DeliveryError(`GitHub made no deployment: ${data.message ?? 'it does not say why'}`)
}

function explain({ repository, sha }: GithubNews, error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const { status, message, response } = error as Error & {
    status?: number
    response?: { headers: Readonly<Record<string, string | number | undefined>> }
  }
  const said = shorten(printable(message.split('\n')[0] ?? ''), REASON_CHARACTERS)
  if (response === undefined) {
    return new DeliveryError(`GitHub cannot be reached: ${said}`, { cause: error })
  }
  const about = `GitHub answered ${status} for ${repository} at ${sha.slice(0, 12)}: ${said}`
  const retryAfter = response.headers['retry-after']
  return new DeliveryError(about, {
    cause: error,
    // it has no such repository, or no such commit in it
    isFinal: status === 404 || status === 422,
    retryAfterMs: retryAfter === undefined ? undefined : readRetryAfter(String(retryAfter)),
    hint: 'the GitHub App needs "Deployments" and "Commit statuses" (read and write), and this repository in its installation',
  })
}
