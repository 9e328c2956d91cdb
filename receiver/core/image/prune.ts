import type { AppSpec } from '../app.ts'
import type { Bookkeeping } from '../journal.ts'
import type { ImageStore } from './image-store.ts'

/**
 * Removes the app's own images from the engine, but for the `keep` newest digests that were live, which are kept from others, too,
 * and, of those that failed, `except`. Images that no deployment of the app brought are left alone, and so is what a container uses.
 */
export async function prune(
  app: Pick<AppSpec, 'name' | 'image' | 'keep'>,
  { images, journal }: { images: ImageStore; journal: Bookkeeping['journal'] },
  except?: string,
): Promise<void> {
  const { repository } = app.image
  const kept = journal.digests(app.name, app.keep)
  const held = await images.images(repository)
  for (const digest of held.filter((each) => kept.has(each))) {
    await images.keep(app.name, { repository, digest })
  }
  const surplus = held.filter(
    (digest) => digest !== except && !kept.has(digest) && journal.knows(app.name, digest),
  )
  await images.removeImages(app.name, repository, surplus)
}
