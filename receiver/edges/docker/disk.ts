import { statfs } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { Disk } from '../../core/image/image-store.ts'
import { retryReads } from './retry-reads.ts'

/** Docker's names for processors are the kernel's, images have Go's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i686: '386',
}

interface Info {
  DockerRootDir: string
  OSType: string
  Architecture: string
}

/** The disk of the engine; `undefined` when its directory is not on this machine. */
export async function diskOf(docker: Docker): Promise<Disk | undefined> {
  const { DockerRootDir, OSType, Architecture } = await retryReads(
    async () => (await docker.info()) as Info,
  )
  try {
    const { bavail, bsize } = await statfs(DockerRootDir)
    return {
      path: DockerRootDir,
      freeBytes: bavail * bsize,
      platform: { os: OSType, architecture: ARCHITECTURES[Architecture] ?? Architecture },
    }
  } catch {
    return undefined
  }
}

/** Of each image that the engine holds, what its layers unpack to, from the lowest. */
export async function layerChains(docker: Docker): Promise<string[][]> {
  const images = await retryReads(() => docker.listImages())
  const chains = await Promise.all(
    images.map(async ({ Id }) => {
      const { RootFS } = await docker.getImage(Id).inspect()
      return RootFS.Layers ?? []
    }),
  )
  return chains
}
