import type { DockerApp } from '../app.ts'
import { imageOf, type Journal } from '../journal.ts'

/** What the services of an app's repository run now; `undefined` before its first deployment. */
export function liveImage(
  { name }: Pick<DockerApp, 'name'>,
  { journal }: { journal: Pick<Journal, 'live'> },
): string | undefined {
  const live = journal.live(name)
  if (live === undefined) return undefined
  const { repository, digest } = imageOf(live)
  return `${repository}@${digest}`
}
