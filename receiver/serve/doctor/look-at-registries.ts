import type { AppConfig } from '../../config/config.ts'
import { type Finding, of } from '../../core/finding.ts'
import { describeTrustRoots } from '../../edges/attestation/trust-roots.ts'
import { lookAtClock } from '../../edges/registry/clock.ts'
import type { ReadRepository } from '../../edges/registry/reading.ts'
import { lookAtRepository } from '../../edges/registry/repository.ts'
import { look } from './look.ts'
import { trustRootFile } from '../machine.ts'

/** A registry that hangs is told in the words of who asked it. */
const ANSWER_MS = 25_000

/** Reads each app's repository as a deployment would. */
export const lookAtRegistries = (
  apps: readonly AppConfig[],
  read: ReadRepository,
  isLive: (app: string) => boolean,
): Promise<Finding>[] =>
  apps.map(({ name, image }) =>
    look(of('registry', name), (late) =>
      lookAtRepository(image, { isLive: isLive(name), read, signal: inTime(late) }),
    ),
  )

/** Compares this machine's clock with that of the apps' registries. */
export const lookAtTime = (apps: readonly AppConfig[], read: ReadRepository): Promise<Finding> =>
  look('clock', (late) =>
    lookAtClock([...new Set(apps.map(({ image }) => image.repository))], {
      read,
      signal: inTime(late),
    }),
  )

const inTime = (late: AbortSignal) => AbortSignal.any([late, AbortSignal.timeout(ANSWER_MS)])

/** Reads the keys that attestations are verified with, if an app asks for any. */
export const lookAtTrustRoots = (data: string, apps: readonly AppConfig[]): Promise<Finding>[] =>
  apps.some(({ attestation }) => attestation !== undefined)
    ? [look('trust root', () => describeTrustRoots(trustRootFile(data), Date.now()))]
    : []
