import type Docker from 'dockerode'
import type { AppConfig } from '../../config/config.ts'
import type { Apps } from '../../core/apps.ts'
import type { Clock } from '../../core/clock.ts'
import type { Report } from '../../core/log.ts'
import { isToRepair } from '../../core/slots/container-events.ts'
import type { Ear } from '../../core/slots/ear.ts'
import { followEvents } from '../../edges/docker/events.ts'
import type { Home } from '../../edges/docker/labels.ts'
import { followServices } from '../../edges/swarm/events.ts'
import type { Opened } from './open-docker.ts'
import type { OpenStore } from '../open-store.ts'

/** Has apps looked at when something happens to their containers or services. Without Docker they are looked at once. */
export async function watchEngines(
  docker: Docker | undefined,
  {
    apps,
    ear,
    home,
    swarm,
    journal,
    record,
    clock,
    report,
    signal,
  }: {
    apps: Apps<AppConfig>
    ear: Ear
    home: Pick<Home, 'network' | 'installation'>
    swarm: Pick<Opened['swarm'], 'nameOf'>
    clock: Clock
    report: Report
    signal: AbortSignal
  } & Pick<OpenStore, 'journal' | 'record'>,
): Promise<void> {
  if (docker === undefined) return apps.wake()
  const containers = followEvents(
    { docker, home, clock },
    {
      // also at the start: whatever happened while nobody listened is seen by looking
      connected: () => apps.wake(),
      listens: ear.listens,
      happened(event) {
        ear.happened(event)
        if (isToRepair(event, { journal, record, report })) apps.wake(event.app)
      },
    },
    signal,
  )
  const services = followServices(
    { docker, clock },
    (service) => {
      for (const app of apps.all().values()) {
        if (app.engine === 'swarm' && swarm.nameOf(app) === service) apps.wake(app.name)
      }
    },
    signal,
  )
  await Promise.all([containers, services])
}
