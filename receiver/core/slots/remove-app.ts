import type { Clock } from '../clock.ts'
import type { Journal } from '../journal.ts'
import type { ContainerEngine } from './ports.ts'

const GRACE_MS = 10_000

export interface RemovePorts {
  engine: Pick<ContainerEngine, 'containers' | 'remove' | 'removeReleases'>
  /** Takes an app out of Nginx; resolves to whether there was something to take out. */
  sites: { remove(app: string): Promise<boolean> }
  /** Nothing of the app is live for Nginx any more. */
  slots: { clear(app: string): void }
  record: { forget(app: string): void }
  journal: Pick<Journal, 'live' | 'append'> & {
    transaction<T>(work: () => T): T
    unfinished(app: string): { id: string }[]
    setNothingLive(app: string): void
  }
  clock: Pick<Clock, 'now'>
}

/**
 * Takes an app off this machine: out of Nginx first, so that nobody is sent to what stops, then its containers, and at last
 * where it stood, which frees its addresses. Again after a crash, it goes on. Its volumes, images and history stay. Resolves
 * to what was removed, for people.
 */
export async function removeApp(
  app: string,
  { engine, sites, slots, record, journal, clock }: RemovePorts,
): Promise<string[]> {
  const containers = await engine.containers(app)
  const wasServed = await sites.remove(app)
  const wasLive = journal.live(app) !== undefined
  slots.clear(app)
  for (const { name } of containers) await engine.remove(name, { graceMs: GRACE_MS })
  await engine.removeReleases(app)
  journal.transaction(() => {
    journal.setNothingLive(app)
    record.forget(app)
    const error = { code: 'app_removed', message: `${app} was removed from this machine` }
    for (const { id } of journal.unfinished(app)) {
      journal.append(id, { type: 'finished', at: clock.now(), status: 'failed', error })
    }
  })
  return [
    ...(wasServed ? ["Nginx's file"] : []),
    ...containers.map(({ name }) => `container ${name}`),
    ...(wasLive ? ['its place in the store'] : []),
  ]
}
