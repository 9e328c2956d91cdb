import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import type { MountSettings } from 'dockerode'
import type { KeptVolume } from '../../core/slots/container.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import { retryReads } from './retry-reads.ts'
import { type Home, volumeLabels } from './labels.ts'

const SHOWN_CHARACTERS = 40

/**
 * `deploy_api_var-lib-data_1f3a9c2e_1`: the path for people, and its hash, as two paths may look the same there. Names of apps have
 * no `_`, so no two apps have one of the same name.
 */
export function volumeName(
  network: string,
  { app, path, replica }: { app: string; path: string; replica: number },
): string {
  const shown = path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-/, '')
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 8)
  return `${network}_${app}_${shown.slice(0, SHOWN_CHARACTERS)}_${hash}_${replica}`
}

/** Docker makes a volume that there is not, with these labels, and leaves one alone that there is. */
export const mountsOf = (
  home: Home,
  app: string,
  volumes: readonly KeptVolume[],
): MountSettings[] =>
  volumes.map(({ path, replica, volume }) => ({
    Type: 'volume',
    Source: volume,
    Target: path,
    VolumeOptions: {
      NoCopy: false,
      Labels: volumeLabels(home, { app, path, replica }),
      DriverConfig: { Name: '', Options: {} },
    },
  }))

/** Those of these volumes that the engine does not have. */
export async function missingVolumes(
  docker: Docker,
  volumes: readonly string[],
): Promise<string[]> {
  const missing: string[] = []
  for (const name of volumes) {
    try {
      await retryReads(() => docker.getVolume(name).inspect())
    } catch (error) {
      if (!isMissing(error)) {
        throw translate(error, `cannot look at the volume ${name}`, 'engine_unreachable')
      }
      missing.push(name)
    }
  }
  return missing
}

/** Removes volumes, but for those that a container has. Resolves to those that are gone. */
export async function removeVolumes(docker: Docker, volumes: readonly string[]): Promise<string[]> {
  const gone: string[] = []
  for (const name of volumes) {
    try {
      await docker.getVolume(name).remove()
    } catch (error) {
      // 409: a container has it
      if (statusOf(error) === 409) continue
      if (!isMissing(error)) {
        throw translate(error, `cannot remove the volume ${name}`, 'engine_unreachable')
      }
    }
    gone.push(name)
  }
  return gone
}
