import type { Octokit } from '@octokit/rest'
import { printable } from '../../core/printable.ts'
import type { Subject } from '../../core/previews/closed.ts'
import { shorten } from '../../core/shorten.ts'
import { createClient, endsWith, type InstalledApp } from './client.ts'

const REASON_CHARACTERS = 200

/**
 * Whether a pull request is open, or a branch there. That GitHub does not show it says nothing: the function throws an error with what it
 * answered, and what the app needs.
 * @param app may read pull requests and contents
 */
export function createIsOpen(
  app: InstalledApp,
  env: NodeJS.ProcessEnv,
): (subject: Subject, signal: AbortSignal) => Promise<boolean> {
  const octokit = createClient(app, env)
  return async (subject, signal) => {
    try {
      return await endsWith(signal, ask(octokit, subject, signal))
    } catch (error) {
      signal.throwIfAborted()
      throw explain(subject, error)
    }
  }
}

async function ask(octokit: Octokit, subject: Subject, signal: AbortSignal): Promise<boolean> {
  const [owner = '', repo = ''] = subject.repository.split('/')
  const of = { owner, repo, request: { signal } }
  if ('pullRequest' in subject) {
    const { data } = await octokit.pulls.get({ ...of, pull_number: subject.pullRequest })
    return data.state !== 'closed'
  }
  try {
    await octokit.repos.getBranch({ ...of, branch: subject.branch })
    return true
  } catch (error) {
    if ((error as { status?: number }).status !== 404) throw error
  }
  // a repository that is not shown is 404, too
  await octokit.repos.get(of)
  return false
}

function explain({ repository }: Subject, error: unknown): Error {
  const { status, message, response } = error as Error & { status?: number; response?: object }
  const said = shorten(printable(message.split('\n')[0] ?? ''), REASON_CHARACTERS)
  if (response === undefined)
    return new Error(`GitHub cannot be reached: ${said}`, { cause: error })
  return Object.assign(
    new Error(`GitHub answered ${status} for ${repository}: ${said}`, { cause: error }),
    {
      hint: 'the GitHub App needs "Pull requests" and "Contents" (read), and this repository in its installation; without it previews go by their ttl alone',
    },
  )
}
