import type { Config } from '../config/config.ts'
import type { Clock } from '../core/clock.ts'
import { DeployError } from '../core/errors.ts'
import { failed, type Finding, type Found, found, verdictOf } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import { createWarnings, type Looked } from '../core/notify/warnings.ts'
import { inTime } from './doctor/look.ts'
import { lookAtData, lookAtLogs } from './doctor/look-at-disk.ts'
import { type AskedDocker, lookAtImageDisk } from './doctor/look-at-docker.ts'
import type { OpenStore } from './open-store.ts'

/** What is seen twice in a row is told. */
const LOOK_EVERY_MS = 5 * 60_000
const DEADLINE_MS = 60_000

/** Looks at certificates and disks now and then, and has those told who want to hear of them. Resolves after the signal. */
export async function watchWarnings(
  config: () => Config,
  {
    store: { outbox, toldWarnings, journal },
    docker,
    certificates,
    told,
    redact,
    clock,
    log,
    signal,
  }: {
    store: Pick<OpenStore, 'outbox' | 'toldWarnings'> & {
      journal: Pick<OpenStore['journal'], 'transaction'>
    }
    docker: Pick<AskedDocker, 'info'>
    certificates: () => Promise<Finding[]>
    /** Something may have been put into the outbox. */
    told: () => void
    redact: <T>(value: T) => T
    clock: Clock
    log: Log
    signal: AbortSignal
  },
): Promise<void> {
  const judge = createWarnings({
    told: toldWarnings,
    outbox,
    targets: () => config().notify,
    transaction: journal.transaction,
    clock,
  })
  while (!signal.aborted) {
    try {
      await clock.sleep(LOOK_EVERY_MS, signal)
      if (config().notify.length === 0) continue
      const looked = await inTime(
        () => lookAtAll({ docker, data: config().data, certificates }),
        DEADLINE_MS,
        signal,
      )
      judge(redact(looked))
      told()
    } catch (error) {
      if (!signal.aborted) log('warn', 'certificates and disks were not looked at', { error })
    }
  }
}

/** Certificates as `certificates` shows them, and of the disks whether there is room: what cannot be seen is another's matter. */
export async function lookAtAll({
  docker,
  data,
  certificates,
}: {
  docker: Pick<AskedDocker, 'info'>
  data: string
  certificates: () => Promise<Finding[]>
}): Promise<Looked[]> {
  const [ofCertificates, ...ofDisks] = await Promise.all([
    certificates(),
    roomAt('disk', async () => lookAtImageDisk(await docker.info())),
    roomAt('data', () => lookAtData(data)),
    roomAt('logs', () => lookAtLogs('/var/log')),
  ])
  return [
    ...ofCertificates.map((each) => {
      const site = each.id.slice('certificate:'.length)
      // an app has no dot in its name: it is the receiver's own
      return lookedAt('certificate', each, site.includes('.') ? {} : { app: site })
    }),
    ...ofDisks.flatMap((each) => (each === undefined ? [] : lookedAt('disk', each))),
  ]
}

async function roomAt(subject: string, look: () => Promise<Found>): Promise<Finding | undefined> {
  try {
    return found(subject, await look())
  } catch (error) {
    const isFull = error instanceof DeployError && error.code === 'disk_full'
    return isFull ? failed(subject, error) : undefined
  }
}

const lookedAt = (
  kind: Looked['kind'],
  { id: subject, what, message, hint, ...rest }: Finding,
  of: { app?: string } = {},
): Looked => {
  const verdict = verdictOf({ ...rest, ...(hint === undefined ? {} : { hint }) })
  return {
    kind,
    subject,
    what: kind === 'disk' ? (NAMES[subject] ?? what) : what,
    ...of,
    message,
    ...(hint === undefined ? {} : { hint }),
    level: verdict,
  }
}

const NAMES: Readonly<Record<string, string>> = {
  disk: 'the disk of images',
  data: 'the disk of data',
  logs: 'the disk of logs',
}
