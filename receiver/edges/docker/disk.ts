import { access, statfs } from 'node:fs/promises'
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

/** What an engine says of where its images lie. */
export interface StoreInfo {
  DockerRootDir: string
  DriverStatus?: readonly (readonly [name: string, value: string])[] | null
  /** API 1.46 and newer. */
  Containerd?: { Address: string } | null
}

interface Info extends StoreInfo {
  OSType: string
  Architecture: string
}

/** The containerd that is a service of the machine, and where it has its own; one that Docker starts is within Docker's root. */
const SERVICE = { socket: '/run/containerd/containerd.sock', root: '/var/lib/containerd' }

/**
 * The folder of an engine's images and containers: since Docker 29 those of new engines are containerd's, which has them on a disk of
 * its own.
 */
export function imagesAt({ DockerRootDir, DriverStatus, Containerd }: StoreInfo): string {
  const isContainerds = DriverStatus?.some(
    ([name, value]) => name === 'driver-type' && value.startsWith('io.containerd.'),
  )
  return isContainerds === true && Containerd?.Address === SERVICE.socket
    ? SERVICE.root
    : DockerRootDir
}

/** An engine that is set up anew starts anew, which takes longer than its users notice. */
const GOOD_FOR_MS = 60_000

/**
 * Looks at the disk of the engine; `undefined` when its directory is not on this machine. Where that is takes the engine long to tell:
 * what it said before is gone by, and after a minute it is asked for the next time.
 */
export function createDisk(
  docker: Docker,
  ms: () => number = () => performance.now(),
): () => Promise<Disk | undefined> {
  let known: { info: Promise<Info>; at: number } | undefined
  return () => {
    const before = known
    if (before !== undefined && ms() - before.at < GOOD_FOR_MS) return before.info.then(diskAt)
    const asked = { info: retryReads(async () => (await docker.info()) as Info), at: ms() }
    asked.info.then(
      () => void (known = asked),
      () => void (known = undefined),
    )
    return (before ?? asked).info.then(diskAt)
  }
}

async function diskAt(info: Info): Promise<Disk | undefined> {
  const { DockerRootDir, OSType, Architecture } = info
  const path = imagesAt(info)
  try {
    // of an engine elsewhere this machine may have a folder of the same name
    await access(DockerRootDir)
    const { bavail, bsize } = await statfs(path)
    return {
      path,
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
