import { DeployError, type DeployErrorCode } from '../errors.ts'
import { requireDiskSpace } from './disk-space.ts'
import type { ImageStore } from './image-store.ts'
import type { Layer, Platform, Registry } from './registry.ts'

/** What no engine should be given: it may read without an end before it finds out. */
const REFUSED: ReadonlySet<DeployErrorCode> = new Set(['digest_mismatch', 'image_invalid'])

/**
 * Looks at an image before it is pulled: one that is not what its digest says, or longer than an image's description can be, and
 * one that does not fit on the disk are refused. What cannot be told now is left to the pull. Throws `DeployError`.
 */
export async function lookFirst(
  image: { repository: string; digest: string },
  { images, registry }: { images: ImageStore; registry: Registry },
  signal: AbortSignal,
): Promise<void> {
  const asked = images.disk().catch(() => undefined)
  const platform = asked.then((disk) => disk?.platform)
  const [disk, layers] = await Promise.all([asked, layersOf(image, platform, registry, signal)])
  if (disk === undefined || layers === undefined) return
  await requireDiskSpace(image, { layers, disk, images })
}

async function layersOf(
  image: { repository: string; digest: string },
  platform: Promise<Platform | undefined>,
  registry: Registry,
  signal: AbortSignal,
): Promise<Layer[] | undefined> {
  try {
    return await registry.layers(image, platform, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DeployError && REFUSED.has(error.code)) throw error
    return undefined
  }
}
