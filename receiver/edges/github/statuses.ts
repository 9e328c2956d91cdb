import { createAppAuth } from '@octokit/auth-app'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { readText } from '../../../protocol/read-body.ts'
import { DeliveryError } from '../../core/notify/delivery-error.ts'
import type { GithubNews } from '../../core/notify/github-news.ts'
import { printable } from '../../core/printable.ts'
import { shorten } from '../../core/shorten.ts'
import { readRetryAfter } from '../retry-after.ts'
import { proxiedFetch } from './proxied.ts'

/** A GitHub App that may write deployments and commit statuses. */
export interface StatusApp {
  id: string
  installation: string
  /** PEM. */
  key: string
  /** Without a slash at its end. */
  apiUrl: string
}

/** Shows a deployment on its repository. Resolves when GitHub has it. Throws `DeliveryError`. */
export type ShowOnGithub = (news: GithubNews, signal: AbortSignal) => Promise<void>

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const ANSWER_MS = 15_000
/** A longer wait is the outbox's. */
const MAX_WAIT_SECONDS = 5
const REASON_CHARACTERS = 200

const Client = Octokit.plugin(retry, throttling)

/**
 * @param pageUrl where the page is for people, read when it is needed
 * @param env has the proxies
 */
export function createGithubStatuses(
  { id, installation, key, apiUrl }: StatusApp,
  pageUrl: () => string | undefined,
  env: NodeJS.ProcessEnv,
): ShowOnGithub {
  const octokit = new Client({
    authStrategy: createAppAuth,
    auth: { appId: id, installationId: installation, privateKey: key },
    baseUrl: apiUrl,
    userAgent: 'deploy-receiver',
    request: { fetch: bounded(proxiedFetch(env)) },
    retry: { retries: 1 },
    throttle: { onRateLimit: isWorthIt, onSecondaryRateLimit: isWorthIt },
    // what is wrong is told by who asks
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
  return async (news, signal) => {
    try {
      await endsWith(signal, show(octokit, news, pageUrl(), signal))
    } catch (error) {
      throw explain(news, error)
    }
  }
}

/** Between two attempts Octokit hears no signal. */
async function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', end)
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

const isWorthIt = (
  waitSeconds: number,
  _options: unknown,
  _octokit: unknown,
  retryCount: number,
): boolean => waitSeconds <= MAX_WAIT_SECONDS && retryCount === 0

/** Octokit reads an answer whole, however long it is and takes. */
const bounded =
  (asking: typeof fetch): typeof fetch =>
  async (url, options) => {
    const signals = [AbortSignal.timeout(ANSWER_MS), ...(options?.signal ? [options.signal] : [])]
    const { body, status, statusText, headers } = await asking(url, {
      ...options,
      signal: AbortSignal.any(signals),
    })
    const text = await readText(body, MAX_ANSWER_BYTES)
    return new Response(text || null, { status, statusText, headers: [...headers] })
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
