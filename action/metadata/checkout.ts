import { getExecOutput } from '@actions/exec'
import { ActionError } from '../error.ts'
import { warn } from '../log.ts'

/**
 * Reads what is checked out.
 * @throws ActionError `bad_environment` when that is no repository.
 */
export const readCheckout = async (directory: string): Promise<{ ref: string; sha: string }> => {
  const git = (...args: string[]) => runGit(directory, args)
  const sha = await git('rev-parse', '--verify', 'HEAD')
  if (sha === '') {
    throw new ActionError('bad_environment', `there is no Git checkout in ${directory}`, {
      hint: 'Add actions/checkout before this step, or leave tag-context out.',
    })
  }
  const branch = await git('symbolic-ref', '--quiet', 'HEAD')
  return {
    sha,
    ref: branch || refAt(await git('for-each-ref', '--format=%(refname)', '--points-at=HEAD')),
  }
}

/**
 * When a commit was made: as the checkout knows it, else as GitHub does.
 * @returns undefined where nobody knows.
 */
export const readCommitDate = async (
  sha: string,
  { directory, ...github }: { directory: string } & Github,
): Promise<Date | undefined> => {
  const told = await runGit(directory, [
    'show',
    '--no-patch',
    '--format=%cI',
    '--end-of-options',
    sha,
  ])
  const date = new Date(told || (await askGithub(sha, github)))
  if (!Number.isNaN(date.getTime())) return date
  warn(`nobody knows when commit ${sha} was made: {{commit_date}} is now`)
  return undefined
}

interface Github {
  /** `owner/name`. */
  repository: string
  apiUrl: string
  token: string
  signal: AbortSignal
}

async function askGithub(
  sha: string,
  { repository, apiUrl, token, signal }: Github,
): Promise<string> {
  const [owner = '', repo = ''] = repository.split('/')
  if (token === '' || repo === '') return ''
  try {
    const { createOctokit } = await import('../octokit.ts')
    const { data } = await createOctokit(token).rest.repos.getCommit({
      owner,
      repo,
      ref: sha,
      baseUrl: apiUrl,
      request: { signal },
    })
    return data.commit.committer?.date ?? ''
  } catch (error) {
    signal.throwIfAborted()
    warn(`GitHub does not say when commit ${sha} was made: ${String(error)}`)
    return ''
  }
}

/** Which of the refs at the checked-out commit is meant: a tag, a pull request, or a branch of the remote. */
function refAt(refs: string): string {
  const names = refs.split('\n')
  const tag = names.find((name) => name.startsWith('refs/tags/'))
  const [, pull] = /^refs\/remotes\/(pull\/\d+\/(?:merge|head))$/m.exec(refs) ?? []
  const [, branch] = /^refs\/remotes\/[^/\n]+\/(?!HEAD$)(.+)$/m.exec(refs) ?? []
  if (tag !== undefined) return tag
  if (pull !== undefined) return `refs/${pull}`
  return branch === undefined ? '' : `refs/heads/${branch}`
}

/**
 * What Git says; `''` where it has nothing to say, or is not there. It asks nobody for what a partial clone lacks. In a job's
 * container the checkout belongs to another user, of which Git would say nothing: this directory is trusted, no one above it.
 */
async function runGit(cwd: string, question: string[]): Promise<string> {
  const args = ['-c', `safe.directory=${cwd}`, ...question]
  const env = { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' }
  const options = { cwd, env: env as Record<string, string>, silent: true, ignoreReturnCode: true }
  try {
    const { exitCode, stdout } = await getExecOutput('git', args, options)
    return exitCode === 0 ? stdout.trim() : ''
  } catch {
    return ''
  }
}
