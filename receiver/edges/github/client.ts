import { createAppAuth } from '@octokit/auth-app'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { readText } from '../../../protocol/read-body.ts'
import { proxiedFetch } from './proxied.ts'

/** A GitHub App, in one of its installations. */
export interface InstalledApp {
  id: string
  installation: string
  /** PEM. */
  key: string
  /** Without a slash at its end. */
  apiUrl: string
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const ANSWER_MS = 15_000
/** A longer wait is that of whoever asks. */
const MAX_WAIT_SECONDS = 5

const Client = Octokit.plugin(retry, throttling)

/** GitHub's API, as an installation of an app. @param env has the proxies */
export const createClient = (
  { id, installation, key, apiUrl }: InstalledApp,
  env: NodeJS.ProcessEnv,
): Octokit =>
  new Client({
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

/** Between two attempts Octokit hears no signal. */
export async function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
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
