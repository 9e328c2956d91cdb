import type Docker from 'dockerode'
import type { ImageFacts } from '../../core/image/image-store.ts'
import { translate } from './errors.ts'
import { factsOf } from './image-facts.ts'
import { retryReads } from './retry-reads.ts'

/** More than the apps of a machine ask for between two deployments. */
const MOST = 200

/** What images say of how they are run, each asked once: what a digest stands for never changes. Throws `DeployError`. */
export function createImageFacts(
  docker: Docker,
): (image: { repository: string; digest: string }) => Promise<ImageFacts> {
  const known = new Map<string, ImageFacts>()
  return async ({ repository, digest }) => {
    const reference = `${repository}@${digest}`
    const before = known.get(reference)
    if (before !== undefined) return before
    try {
      const { Config } = await retryReads(() => docker.getImage(reference).inspect())
      const facts = factsOf(Config)
      known.set(reference, facts)
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break
        known.delete(oldest)
      }
      return facts
    } catch (error) {
      throw translate(error, `cannot look at ${reference}`, 'start_failed')
    }
  }
}
