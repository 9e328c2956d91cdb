import type { DockerApp } from '../app.ts'
import type { Clock } from '../clock.ts'
import type { Journal } from '../journal.ts'
import type { ComposeProjects, ServiceEngine } from '../project/ports.ts'
import { drain } from './drain.ts'
import type { KeptLogs } from './printed.ts'
import type { ContainerEngine, CountConnections } from './ports.ts'

const GRACE_MS = 10_000
const DRAIN_MS = 10_000

export interface RemovePorts {
  engine: Pick<
    ContainerEngine & ServiceEngine,
    'services' | 'containers' | 'remove' | 'removeReleases' | 'removeCommands' | 'removeVolumes'
  >
  /** Takes an app out of Nginx, which sends nobody to it any more then; resolves to whether there was something to take out. */
  sites: { remove(app: string): Promise<boolean> }
  /** Nothing of the app is live for Nginx any more. */
  slots: { clear(app: string): void }
  record: {
    /** Those of its project's services among them. */
    allVolumes(app: string): string[]
    forget(app: string): void
    forgetVolumes(app: string, volumes: readonly string[]): void
  }
  keptLogs: Pick<KeptLogs, 'forget'>
  compose: Pick<ComposeProjects, 'forget'>
  /** Of an app that has a bridge of its own. */
  removeBridge?(app: string): Promise<unknown>
  connections: CountConnections
  journal: Pick<Journal, 'live' | 'append'> & {
    transaction<T>(work: () => T): T
    unfinished(app: string): { id: string }[]
    setNothingLive(app: string): void
  }
  clock: Clock
  /** As configured: a volume that one of them names is its owner's. */
  apps: { all(): ReadonlyMap<string, Pick<DockerApp, 'container'>> }
}

/** For people. */
export interface Removed {
  removed: string[]
  /** Volumes in which its data is still. */
  kept: string[]
}

/**
 * Takes an app off this machine: out of Nginx first, so that nobody is sent to what stops, then its containers once they have
 * answered what they were asked, and at last where it stood, which frees its addresses. Again after a crash, it goes on. Its images and history stay, and the data that it
 * had in VOLUMEs of its images, unless `volumes` is set.
 */
export async function removeApp(
  { app, volumes: withVolumes }: { app: string; volumes: boolean },
  ports: RemovePorts,
  signal: AbortSignal,
): Promise<Removed> {
  const { engine, sites, slots, record, keptLogs, compose, journal, clock, apps } = ports
  const own = await engine.containers(app)
  const containers = [...own, ...(await engine.services(app))]
  const wasServed = await sites.remove(app)
  const wasLive = journal.live(app) !== undefined
  if (wasServed) await drain({ drainMs: DRAIN_MS }, own, ports, signal)
  slots.clear(app)
  for (const { name } of containers) await engine.remove(name, { graceMs: GRACE_MS })
  await engine.removeReleases(app)
  await engine.removeCommands(app)
  // before its addresses are free for others
  await ports.removeBridge?.(app)
  const named = new Set(
    [...apps.all().values()].flatMap(({ container }) =>
      container.volumes.map((volume) => volume.split(':')[0]),
    ),
  )
  const volumes = record.allVolumes(app).filter((volume) => !named.has(volume))
  const gone = withVolumes ? await engine.removeVolumes(volumes) : []
  journal.transaction(() => {
    journal.setNothingLive(app)
    record.forget(app)
    record.forgetVolumes(app, gone)
    keptLogs.forget(app)
    const error = { code: 'app_removed', message: `${app} was removed from this machine` }
    for (const { id } of journal.unfinished(app)) {
      journal.append(id, { type: 'finished', at: clock.now(), status: 'failed', error })
    }
  })
  compose.forget(app)
  return {
    removed: [
      ...(wasServed ? ["Nginx's file"] : []),
      ...containers.map(({ name }) => `container ${name}`),
      ...gone.map((volume) => `volume ${volume}`),
      ...(wasLive ? ['its place in the store'] : []),
    ],
    kept: volumes.filter((volume) => !gone.includes(volume)),
  }
}
