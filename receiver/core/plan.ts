import type { Deployment } from '../../protocol/deployment.ts'
import { type AppSpec, settingsOf } from './app.ts'
import type { Registry } from './image/registry.ts'
import { type Hold, holdsOf } from './intake/hold.ts'
import type { Bookkeeping } from './journal.ts'
import {
  type PlannedReload,
  type SettingChange,
  settingsChanges,
} from './slots/settings-changes.ts'

/** What a deployment would change, as far as that is known before its image is pulled. */
export interface Plan extends EnginePlan {
  app: string
  /** Whether anything would be other than now, but for the container's being a new one. */
  changes: boolean
  image: { repository: string; tag?: string; digest: string }
  /** What is live now. */
  live: { deployment: string; tag?: string; digest: string } | null
  /** `null`: what the live release runs with is not known (any more), or nothing is live. */
  settings: SettingChange[] | null
  /** The deployment that runs, and would be over first. */
  running: string | null
  /** Those that wait, and would not run. */
  superseded: string[]
  /** The hold that this order would lift. */
  on_hold: Hold | null
}

/** What of a plan is by what runs the app. */
export interface EnginePlan {
  steps: string[]
  /** `reload`: the port or the number of replicas is another one; `by_image`: if the image EXPOSEs another port. */
  nginx: 'untouched' | 'reload' | 'by_image' | 'none'
  /** Whether visitors wait while the old container ends and the new one starts. */
  pauses: boolean
  /** What is good to know of how it goes. Absent when there is nothing. */
  notes?: string[]
}

/** The same, with what the config's file has that is not in force. */
export interface Planned extends Plan {
  reload: PlannedReload
}

export interface PlanPorts {
  registry: Pick<Registry, 'resolve'>
  journal: Pick<Bookkeeping['journal'], 'live' | 'settings' | 'recent'>
  unfinished(app: string): Deployment[]
}

/**
 * Looks at what a deployment of an image would change, and changes nothing. Without an image it is the tag that the app follows.
 * Throws `DeployError` when the registry does not say what a tag stands for.
 */
export async function plan(
  app: AppSpec,
  wanted: { tag?: string; digest?: string },
  byEngine: EnginePlan,
  ports: PlanPorts,
  signal: AbortSignal,
): Promise<Plan> {
  const { journal } = ports
  const { repository } = app.image
  const tag = wanted.tag ?? (wanted.digest === undefined ? app.image.tag : undefined)
  const digest =
    wanted.digest ?? (await ports.registry.resolve({ repository, tag: tag ?? 'latest' }, signal))
  const live = journal.live(app.name)?.deployment
  const liveSettings = live === undefined ? undefined : journal.settings(live.id)
  const settings =
    liveSettings === undefined ? null : settingsChanges(liveSettings, settingsOf(app))
  const before = ports.unfinished(app.name)
  const { digest: liveDigest, tag: liveTag } = live?.image ?? {}
  return {
    app: app.name,
    changes: digest !== liveDigest || settings === null || settings.length > 0,
    image: { repository, ...(tag === undefined ? {} : { tag }), digest },
    live:
      live === undefined || liveDigest === undefined
        ? null
        : {
            deployment: live.id,
            ...(liveTag === undefined ? {} : { tag: liveTag }),
            digest: liveDigest,
          },
    settings,
    ...byEngine,
    running: before.find(({ status }) => status === 'running')?.id ?? null,
    superseded: before.filter(({ status }) => status === 'queued').map(({ id }) => id),
    on_hold: holdsOf(journal.recent(app.name), live).find((hold) => hold.digest === digest) ?? null,
  }
}
