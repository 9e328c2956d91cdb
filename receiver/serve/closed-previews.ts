import type { Config, GithubAppConfig } from '../config/config.ts'
import { type ClosedPorts, type Subject, watchClosed } from '../core/previews/closed.ts'
import type { Preview } from '../core/previews/preview.ts'
import { subjectOf } from '../core/previews/subject.ts'
import type { OpenStore } from './open-store.ts'

type IsOpen = ClosedPorts['isOpen']

/** Has previews go that outlived their pull request or branch, where a GitHub App can ask. Resolves after the signal. */
export async function watchClosedPreviews(
  config: () => Config,
  {
    store: { journal, audit, previews: record },
    environment,
    signal,
    ...ports
  }: Pick<ClosedPorts, 'announce' | 'changed' | 'clock' | 'report'> & {
    store: Pick<OpenStore, 'journal' | 'audit' | 'previews'>
    environment: NodeJS.ProcessEnv
    signal: AbortSignal
  },
): Promise<void> {
  const isOpen = askGithub(config, environment)
  const subject = (preview: Preview) => {
    const { githubApp } = config()
    const deployment = journal.newest(preview.app)?.deployment
    if (githubApp === undefined || deployment === undefined) return undefined
    const { repositories } = githubApp
    const configured = Object.hasOwn(repositories, preview.of)
      ? repositories[preview.of]
      : undefined
    return subjectOf(preview, { deployment, sender: audit.of(deployment)?.sender, configured })
  }
  await watchClosed(
    { ...ports, record, transaction: journal.transaction, subjectOf: subject, isOpen },
    signal,
  )
}

/** Octokit is loaded when there is something to ask, and made anew for another app. */
function askGithub(config: () => Config, environment: NodeJS.ProcessEnv): IsOpen {
  let made: { of: GithubAppConfig; isOpen: IsOpen } | undefined
  return async (subject: Subject, signal: AbortSignal) => {
    const { githubApp } = config()
    if (githubApp === undefined) throw new Error('there is no github_app any more')
    if (made?.of !== githubApp) {
      const { createIsOpen } = await import('../edges/github/is-open.ts')
      made = { of: githubApp, isOpen: createIsOpen(githubApp, environment) }
    }
    return made.isOpen(subject, signal)
  }
}
