import { changesOf, type Reloaded, type ReloadOptions } from '../config/changes.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { usesNginx } from '../config/uses-docker.ts'
import type { Apps } from '../core/apps.ts'
import type { Log } from '../core/log.ts'
import type { OnEdit } from '../core/on-edit.ts'
import type { SiteFiles } from '../edges/nginx/sites.ts'
import { type CurrentConfig, takeConfig } from './current-config.ts'
import type { ReadConfig } from './read-config.ts'
import { showReceiver } from './show-receiver.ts'

export interface ReloadPorts {
  current(): CurrentConfig
  /** From here on this is the config for whoever asks. */
  putInForce(config: CurrentConfig): void
  /** Deployments read what their apps have by this text. */
  keepText(text: string): void
  apps: Apps<AppConfig>
  /** Those previews on record that a config has. Throws when an app of it is called as one of them. */
  previewsOf(config: Config): readonly AppConfig[]
  /** Removes those that it has not any more. */
  lookAtPreviews(): void
  sites: Pick<SiteFiles, 'receiver'>
  /** Nginx's files of apps that somebody edited. */
  edits(): readonly { file: string; difference: readonly string[] }[]
  traffic: { tidy(): void }
  requests: { follow(config: Config): Promise<void> }
  pollers: { take(apps: readonly AppConfig[]): void }
  certificates: { look(): void }
  notify: { hurry(): void }
  log: Log
}

/** Puts another config in force while the receiver runs. Throws, and leaves the one before, when that cannot be. */
export async function reloadConfig(
  { config: next, text }: ReadConfig,
  { overwrite }: ReloadOptions,
  ports: ReloadPorts,
): Promise<Reloaded> {
  const { apps, sites, edits, log } = ports
  const before = ports.current()
  const changes = changesOf(before.config, next)
  const others = new Set([...changes.added, ...changes.changed])
  const onEdit = (app: string): OnEdit =>
    overwrite ? 'overwrite' : others.has(app) ? 'refuse' : 'leave'
  const edited = edits()
  const allOf = (config: Config) => [...Object.values(config.apps), ...ports.previewsOf(config)]
  // whatever is wrong with it is so before anything is touched
  allOf(next)

  ports.putInForce(takeConfig(next, before))
  const own = usesNginx(next)
    ? await showReceiver(sites.receiver, overwrite ? 'overwrite' : 'leave')
    : []
  let warnings: readonly string[]
  try {
    warnings = [...own, ...(await apps.take(allOf(next), onEdit))]
  } catch (error) {
    ports.putInForce(before)
    await showReceiver(sites.receiver, 'leave')
    await apps.take(allOf(before.config), () => 'leave').catch(() => {})
    throw error
  }
  ports.keepText(text)

  ports.traffic.tidy()
  await ports.requests.follow(next)
  // a hook may have come while Nginx was told
  for (const app of changes.added) apps.wake(app)
  // Compose is told at once which services are ours, and an orchestrator is asked what stands
  for (const app of changes.changed) if (isBesideOthers(next.apps[app])) apps.wake(app)
  ports.lookAtPreviews()
  ports.pollers.take(Object.values(next.apps))
  ports.certificates.look()
  ports.notify.hurry()

  for (const app of changes.removed) log('warn', LEFT_RUNNING, { app })
  for (const each of warnings) log('warn', each)
  const named = Object.entries(changes).filter(([, names]) => names.length > 0)
  log('info', 'config taken', Object.fromEntries(named))
  const stillEdited = edits()
  const isLeft = (file: string) => stillEdited.some((each) => each.file === file)
  return {
    ...changes,
    warnings,
    edited: stillEdited.map(({ file, difference }) => ({ file, difference })),
    overwritten: edited.flatMap(({ file }) => (overwrite && !isLeft(file) ? file : [])),
  }
}

export const LEFT_RUNNING =
  'the app is not in the config: it is left running until `deploy-receiver remove <app>`'

const isBesideOthers = (app: AppConfig | undefined) =>
  app !== undefined && (app.engine !== 'docker' || app.project !== undefined)
