import { debug } from '@actions/core'
import { defaults, getOctokitOptions } from '@actions/github/lib/utils'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import { boundedFetch, waitOnce } from '../protocol/github-api.ts'

/** A limit of GitHub's is waited for half a minute at most. */
const isWorthIt = waitOnce(30)

const Client = Octokit.plugin(retry, throttling).defaults(defaults)

/**
 * GitHub's API as every other Action has it: at the runner's `GITHUB_API_URL`, through its proxy; what fails on GitHub's side
 * (500, 502, a cut) is asked again, its limits are waited for, and its redirects followed.
 */
export const createOctokit = (token: string): Octokit =>
  new Client({
    ...getOctokitOptions(token, { userAgent: 'deploy-action' }),
    request: {
      ...defaults.request,
      fetch: boundedFetch(defaults.request?.['fetch'] as typeof fetch),
    },
    log: { debug: () => {}, info: debug, warn: debug, error: debug },
    throttle: { onRateLimit: isWorthIt, onSecondaryRateLimit: isWorthIt },
  })
