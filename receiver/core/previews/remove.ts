import type { Apps } from '../apps.ts'
import type { AppSpec } from '../app.ts'
import type { ImageStore } from '../image/image-store.ts'
import type { Journal } from '../journal.ts'
import type { ComposeProjects } from '../project/ports.ts'
import { type Removed, removeApp, type RemovePorts } from '../slots/remove-app.ts'

export interface RemovePreviewPorts extends Omit<RemovePorts, 'apps' | 'journal' | 'compose'> {
  apps: Pick<Apps<AppSpec>, 'drop'> & RemovePorts['apps']
  images: Pick<ImageStore, 'removeImages'>
  journal: RemovePorts['journal'] & Pick<Journal, 'recent'>
  compose: RemovePorts['compose'] & Pick<ComposeProjects, 'removeApart'>
}

/**
 * Takes a preview off this machine with all that it had: its site, its containers, its volumes, what Compose has of it, and those of its images that
 * no other app keeps. Nothing works on it any more when this begins to.
 */
export async function removePreview(
  app: string,
  ports: RemovePreviewPorts,
  signal: AbortSignal,
): Promise<Removed> {
  await ports.apps.drop(app)
  // what ends now is not missed
  ports.journal.setNothingLive(app)
  const { removed, kept } = await removeApp({ app, volumes: true }, ports, signal)
  const ofCompose = await ports.compose.removeApart(app)
  const digests = new Map<string, Set<string>>()
  for (const { image } of ports.journal.recent(app)) {
    if (image.digest === undefined) continue
    const known = digests.get(image.repository) ?? new Set()
    digests.set(image.repository, known.add(image.digest))
  }
  for (const [repository, known] of digests) {
    await ports.images.removeImages(app, repository, [...known])
  }
  return { removed: [...removed, ...ofCompose], kept }
}
