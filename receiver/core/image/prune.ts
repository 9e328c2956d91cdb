import type { AppSpec } from '../app.ts'
import type { Ports } from '../ports.ts'

/**
 * Removes the app's own images from the engine, but for the `keep` newest digests that were live and, of those that failed, `except`.
 * Images that no deployment of the app brought are left alone, and so is what a container uses.
 */
export async function prune(
  app: AppSpec,
  ports: Pick<Ports, 'engine' | 'journal'>,
  except?: string,
): Promise<void> {
  const { repository } = app.image
  const kept = ports.journal.digests(app.name, app.keep)
  const surplus = (await ports.engine.images(repository)).filter(
    (digest) => digest !== except && !kept.has(digest) && ports.journal.knows(app.name, digest),
  )
  await ports.engine.removeImages(repository, surplus)
}

/** Tidies up where nobody waits for it: a failure is reported. */
export async function pruneQuietly(app: AppSpec, ports: Ports): Promise<void> {
  try {
    await prune(app, ports)
  } catch (error) {
    ports.report('could not remove old images', { app: app.name, error })
  }
}
