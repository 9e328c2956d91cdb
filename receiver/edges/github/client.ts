import { createAppAuth } from '@octokit/auth-app'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { boundedFetch, waitOnce } from '../../../protocol/github-api.ts'
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

/** A wait of more than 5 s is that of whoever asks. */
const isWorthIt = waitOnce(5)

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
    request: { fetch: boundedFetch(proxiedFetch(env)) },
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
