import type { AppConfig, Config } from '../config/config.ts'
import { previewConfig } from '../config/previews/named.ts'
import type { Apps } from '../core/apps.ts'
import type { Report } from '../core/log.ts'
import type { PreviewNews } from '../core/notify/news.ts'
import { keepPreviews } from '../core/previews/keep.ts'
import type { Preview, PreviewRecord } from '../core/previews/preview.ts'
import { removePreview, type RemovePreviewPorts } from '../core/previews/remove.ts'
import { takeAway } from '../core/previews/take-away.ts'
import type { Removed } from '../core/slots/remove-app.ts'

/**
 * The previews on record that stay, as a config has them. Throws an error with its remedy when an app of the config is called as one
 * of them: it would get its containers.
 */
export function previewsOf(
  { apps }: Pick<Config, 'apps'>,
  previews: Pick<PreviewRecord, 'all'>,
): AppConfig[] {
  return previews.all().flatMap((preview) => {
    if (Object.hasOwn(apps, preview.app)) {
      throw Object.assign(new Error(`${preview.app} is a preview of ${preview.of}, which stands`), {
        hint: `remove it first: deploy-receiver remove ${preview.app}; or call the app by another name`,
      })
    }
    return preview.leavesSince === undefined ? (configOf(preview, apps) ?? []) : []
  })
}

function configOf({ app, of }: Preview, apps: Config['apps']): AppConfig | undefined {
  const parent = Object.hasOwn(apps, of) ? apps[of] : undefined
  // one whose project is not right stands as it is
  if (parent?.previews === undefined || parent.previews.broken !== undefined) return undefined
  return previewConfig(parent, parent.previews, app.slice(`${of}--`.length))
}

interface PreviewParts extends Omit<RemovePreviewPorts, 'apps'> {
  apps: Apps<AppConfig>
  previews: PreviewRecord
  transaction<T>(work: () => T): T
  /** Makes the bridge that one stands on, unless it is there. */
  makeBridge(app: string): Promise<void>
  /** Where apps come and go one after the other, and not within a reload. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /** Nothing of it is anywhere any more. */
  forgotten(app: string): void
  announce(news: PreviewNews, once: string): void
  report: Report
  signal: AbortSignal
}

export interface Previews {
  /** One was put on record, or is to go by it. Returns at once. */
  changed(app: string): void
  /** Takes one away, and resolves when it is gone. */
  remove(app: string): Promise<Removed>
  look(): void
  ended: Promise<void>
}

/** Has previews come to work as they are put on record, and go. */
export function startPreviews(
  config: () => Config,
  {
    apps,
    previews,
    transaction,
    makeBridge,
    inTurn,
    forgotten,
    announce,
    report,
    signal,
    ...parts
  }: PreviewParts,
): Previews {
  /** Those that are on their way to work. */
  const coming = new Map<string, Promise<void>>()
  const kept = keepPreviews(
    {
      record: previews,
      transaction,
      ttlMs: (of) => {
        const all = config().apps
        return Object.hasOwn(all, of) ? all[of]?.previews?.ttlMs : undefined
      },
      async remove(app) {
        // or its bridge would be made after it was removed
        await coming.get(app)
        const drop = (name: string) => inTurn(() => apps.drop(name))
        const removed = await removePreview(
          app,
          { ...parts, apps: { all: apps.all, drop } },
          signal,
        )
        forgotten(app)
        return removed
      },
      announce,
      clock: parts.clock,
      report,
    },
    signal,
  )
  const standing = (app: string) => {
    const known = previews.get(app)
    return known?.leavesSince === undefined ? known : undefined
  }
  const come = async (app: string) => {
    if (standing(app) === undefined) return
    await makeBridge(app).catch((error: unknown) => {
      report('the bridge of a preview could not be made', { app, error }, 'error')
    })
    await inTurn(async () => {
      const known = standing(app)
      const spec = known && configOf(known, config().apps)
      if (spec !== undefined) apps.add(spec)
    })
    apps.wake(app)
  }
  const begin = (app: string) => {
    const before = coming.get(app) ?? Promise.resolve()
    const mine = before.then(() => come(app))
    coming.set(app, mine)
    void mine.finally(() => coming.get(app) === mine && coming.delete(app))
  }
  // also those that somebody removed while nothing ran
  for (const { app } of previews.all()) begin(app)
  return {
    changed(app) {
      if (standing(app) === undefined) kept.look()
      else begin(app)
    },
    remove(app) {
      const { of = '' } = previews.get(app) ?? {}
      transaction(() => takeAway({ app, of }, { record: previews, now: parts.clock.now() }))
      return kept.gone(app)
    },
    look: kept.look,
    ended: kept.ended,
  }
}

/** Has work of several callers done one after the other. */
export function oneAfterTheOther(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
}
