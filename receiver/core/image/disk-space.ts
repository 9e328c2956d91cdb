import { DeployError } from '../errors.ts'
import type { Disk, ImageStore } from './image-store.ts'
import type { Layer } from './registry.ts'

/** With so much left the engine is not asked for what it has. */
const PLENTY_BYTES = 50_000_000_000
/** A layer is on the disk twice for a moment: as it comes, and unpacked, which is no smaller. */
const TIMES_ON_DISK = 2

/**
 * Refuses an image for which the engine's disk has no room, before a byte of it is pulled. Layers that the engine has
 * count nothing; when it cannot say which, the pull itself will tell. Throws `disk_full`.
 */
export async function requireDiskSpace(
  image: { repository: string; digest: string },
  { layers, disk, images }: { layers: readonly Layer[]; disk: Disk; images: ImageStore },
): Promise<void> {
  if (disk.freeBytes > PLENTY_BYTES) return
  const fresh = await freshLayers(layers, images)
  const bytes = fresh.reduce((sum, layer) => sum + layer.bytes, 0)
  const needed = bytes * TIMES_ON_DISK
  if (needed <= disk.freeBytes) return
  throw new DeployError(
    'disk_full',
    `no room for ${image.repository}@${image.digest}: its ${fresh.length} new layers are ${megabytes(bytes)} MB to pull and take at least ${megabytes(needed)} MB unpacked, and ${disk.path} has ${megabytes(disk.freeBytes)} MB left`,
    {
      hint: 'free space on the VM: `docker system df` shows what takes it, `docker image prune -a` frees images that nothing runs; fewer `keep` keep fewer images',
    },
  )
}

async function freshLayers(
  layers: readonly Layer[],
  images: ImageStore,
): Promise<readonly Layer[]> {
  const known = await images.layers().catch(() => undefined)
  if (known === undefined) return []
  // a layer is shared only on top of the same ones
  const shared = Math.max(
    0,
    ...known.map((chain) => {
      const differs = layers.findIndex(({ diffId }, at) => chain[at] !== diffId)
      return differs === -1 ? layers.length : differs
    }),
  )
  return layers.slice(shared)
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1)
