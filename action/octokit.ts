import { debug } from '@actions/core'
import { defaults, getOctokitOptions } from '@actions/github/lib/utils'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { readText } from '../protocol/read-body.ts'

const ANSWER_TIMEOUT_MS = 15_000
/** Longest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** Longest wait that a limit of GitHub's is worth, in seconds. */
const MAX_WAIT_SECONDS = 30

const Client = Octokit.plugin(retry, throttling).defaults(defaults)

/**
 * GitHub's API as every other Action has it: at the runner's `GITHUB_API_URL`, through its proxy; what fails on GitHub's side
 * (500, 502, a cut) is asked again, its limits are waited for, and its redirects followed.
 */
export const createOctokit = (token: string): Octokit =>
  new Client({
    ...getOctokitOptions(token, { userAgent: 'deploy-action' }),
    request: { ...defaults.request, fetch: bounded(defaults.request?.['fetch'] as typeof fetch) },
    log: { debug: () => {}, info: debug, warn: debug, error: debug },
    throttle: { onRateLimit: isWorthIt, onSecondaryRateLimit: isWorthIt },
  })

const isWorthIt = (
  waitSeconds: number,
  _options: unknown,
  _octokit: unknown,
  retryCount: number,
): boolean => waitSeconds <= MAX_WAIT_SECONDS && retryCount === 0

/** Octokit reads an answer whole, however long it is and takes. */
const bounded =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (url, options) => {
    const late = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const signal = AbortSignal.any([late, ...(options?.signal ? [options.signal] : [])])
    const { body, status, statusText, headers } = await fetch(url, { ...options, signal })
    const text = await readText(body, MAX_ANSWER_BYTES)
    return new Response(text || null, { status, statusText, headers: [...headers] })
  }
