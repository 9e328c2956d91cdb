import type { AppConfig } from '../config/config.ts'
import type { Apps } from '../core/apps.ts'
import type { Clock } from '../core/clock.ts'
import type { Registry } from '../core/image/registry.ts'
import { createPollers, type Pollers, submitPolled } from '../core/intake/pollers.ts'
import type { Log, Report } from '../core/log.ts'
import { createPolls } from '../edges/store/polls.ts'
import type { OpenStore } from './open-store.ts'

/** Asks registries for the tags of the apps that have `poll:`; what is new there is deployed as if a hook had come. */
export function startPolling({
  apps,
  store: { database, journal, intake },
  registry,
  clock,
  log,
  report,
}: {
  apps: Apps<AppConfig>
  store: Pick<OpenStore, 'database' | 'journal' | 'intake'>
  registry: Registry
  clock: Clock
  log: Log
  report: Report
}): Pollers {
  const pollers = createPollers({
    ...createPolls(database),
    resolve: ({ image }, signal) => registry.resolve(image, signal),
    isLive: (app) => journal.live(app) !== undefined,
    deploy(app, digest) {
      const submitted = submitPolled(app, digest, intake)
      const came =
        submitted.kind === 'ignored'
          ? { reason: submitted.reason }
          : submitted.kind === 'accepted'
            ? { deployment: submitted.deployment.id }
            : {}
      log('info', 'the followed tag moved', { app: app.name, ...came, digest })
      if (submitted.kind === 'accepted') apps.wake(app.name)
    },
    clock,
    random: Math.random,
    report,
  })
  pollers.take([...apps.all().values()])
  return pollers
}
