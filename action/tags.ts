import type { RunContext } from './context.ts'
import { isLatestByDefault } from './latest-tag.ts'

/**
 * The tags of a build that names none: the git tag, `sha-…` of the commit, the branch or `pr-N`, and `latest` on the
 * default branch. The first one says best what was built.
 */
export const defaultTags = (run: RunContext): string[] => {
  const name = refName(run)
  const tags = [
    ...(isGitTag(run) ? [name] : []),
    ...commitTag(run),
    ...(isGitTag(run) ? [] : [name]),
    ...(isLatestByDefault(run) ? ['latest'] : []),
  ]
  const named = [...new Set(tags.filter((tag) => tag !== ''))]
  return named.length === 0 ? ['latest'] : named
}

/** `org.opencontainers.image.*`, as `key=value`, for what the run knows about itself. */
export const defaultLabels = (run: RunContext, now: Date): string[] => {
  const page = run.repository === '' ? '' : `${run.serverUrl}/${run.repository}`
  const labels = {
    created: now.toISOString(),
    description: run.description,
    licenses: run.license,
    revision: run.sha,
    source: page,
    title: run.repository.split('/')[1] ?? '',
    url: page,
    version: refName(run),
  }
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `org.opencontainers.image.${key}=${value}`)
}

/** Labels in the order given, a later one of the same key winning over an earlier one. */
export const mergeLabels = (...lists: readonly (readonly string[])[]): string[] => {
  const byKey = new Map<string, string>()
  for (const label of lists.flat()) byKey.set(label.replace(/=[^]*/, ''), label)
  return [...byKey.values()]
}

/** A name in the grammar of tags: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`; `''` when nothing of it fits. */
export const sanitiseTag = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)

const isGitTag = (run: RunContext): boolean => run.ref.startsWith('refs/tags/')

/**
 * `pull_request_target` runs on the base commit but usually builds the pull request's files, so the commit's tag would
 * name what was not built.
 */
const commitTag = (run: RunContext): string[] =>
  run.sha === '' || run.eventName === 'pull_request_target' ? [] : [`sha-${run.sha.slice(0, 7)}`]

const refName = (run: RunContext): string => {
  if (run.pullRequest !== undefined) return `pr-${run.pullRequest}`
  const pull = /^refs\/pull\/(\d+)\//.exec(run.ref)?.[1]
  if (pull !== undefined) return `pr-${pull}`
  return sanitiseTag(run.ref.replace(/^refs\/(heads|tags)\//, ''))
}
