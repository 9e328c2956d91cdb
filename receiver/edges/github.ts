import { Octokit } from '@octokit/rest'
import * as v from 'valibot'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import type { GithubLook } from '../core/github.ts'

const Id = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
/** What goes into a config and a workflow. */
const Repository = v.object({
  full_name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/)),
  id: Id,
  owner: v.object({ id: Id }),
  // git-check-ref-format(1)
  default_branch: v.pipe(v.string(), v.maxLength(255), v.regex(/^[^\p{C}\s~^:?*[\\]+$/u)),
})

const ANSWER_MS = 10_000

/**
 * Asks GitHub for a repository. What is private is seen with a token alone: `GH_TOKEN` or `GITHUB_TOKEN`, as `gh` has it.
 * @param repository `owner/name`
 */
export async function lookAtRepository(
  repository: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<GithubLook> {
  const [owner = '', repo = ''] = repository.split('/')
  const token = env['GH_TOKEN'] || env['GITHUB_TOKEN']
  const client = new Octokit({
    baseUrl: withoutTrailingSlash(env['GITHUB_API_URL'] || 'https://api.github.com'),
    userAgent: 'deploy-receiver',
    ...(token === undefined || token === '' ? {} : { auth: token }),
    // what is wrong is told by who asks
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
  try {
    const { data } = await client.repos.get({
      owner,
      repo,
      request: { signal: AbortSignal.timeout(ANSWER_MS) },
    })
    const { output, success } = v.safeParse(Repository, data)
    if (!success) return { found: false, why: 'what it answers is not a repository' }
    const {
      full_name: name,
      id,
      owner: { id: ownerId },
      default_branch: branch,
    } = output
    return { found: true, name, ids: { repository: String(id), owner: String(ownerId) }, branch }
  } catch (error) {
    const { status, message, response } = error as Error & { status?: number; response?: unknown }
    // the library has a status for what never came to GitHub, too
    if (response === undefined) return { found: false, why: `it cannot be reached: ${message}` }
    if (status === 404) return { found: false, why: NOT_SEEN }
    if (status === 403 || status === 429) return { found: false, why: NO_MORE }
    return { found: false, why: `it answered ${status}` }
  }
}

const NO_MORE = 'it takes no more questions for now'
const NOT_SEEN = 'it shows no such repository to strangers: a private one needs GH_TOKEN'
