import type { Deployment } from '../../../protocol/deployment.ts'
import { type AppSpec, settingsOf } from '../app.ts'
import type { Registry } from '../image/registry.ts'
import { type Hold, holdsOf } from '../intake/hold.ts'
import type { Bookkeeping } from '../journal.ts'
import { STEP_NAMES, type StepName } from './next-step.ts'
import { otherSlot } from './container.ts'
import type { SlotRecord, Slots } from './ports.ts'
import { isRecreated } from './recreate.ts'
import { type PlannedReload, type SettingChange, settingsChanges } from './settings-changes.ts'

/** What a deployment would change, as far as that is known before its image is pulled. */
export interface Plan {
  app: string
  /** Whether anything would be other than now, but for the container's being a new one. */
  changes: boolean
  image: { repository: string; tag?: string; digest: string }
  /** What is live now. */
  live: { deployment: string; tag?: string; digest: string } | null
  /** `null`: what the live release runs with is not known (any more), or nothing is live. */
  settings: SettingChange[] | null
  steps: StepName[]
  /** `reload`: the port or the number of replicas is another one; `by_image`: if the image EXPOSEs another port. */
  nginx: 'untouched' | 'reload' | 'by_image' | 'none'
  /** Whether visitors wait while the old container ends and the new one starts. */
  pauses: boolean
  /** The deployment that runs, and would be over first. */
  running: string | null
  /** Those that wait, and would not run. */
  superseded: string[]
  /** The hold that this order would lift. */
  on_hold: Hold | null
}

/** The same, with what the config's file has that is not in force. */
export interface Planned extends Plan {
  reload: PlannedReload
}

export interface PlanPorts {
  registry: Pick<Registry, 'resolve'>
  journal: Pick<Bookkeeping['journal'], 'live' | 'settings' | 'recent'>
  unfinished(app: string): Deployment[]
  record: Pick<SlotRecord, 'upstreams' | 'isRecreated'>
  slots: Pick<Slots, 'live'>
}

/**
 * Looks at what a deployment of an image would change, and changes nothing. Without an image it is the tag that the app follows.
 * Throws `DeployError` when the registry does not say what a tag stands for.
 */
export async function plan(
  app: AppSpec,
  wanted: { tag?: string; digest?: string },
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
    steps: STEP_NAMES.filter((step) => isTaken(step, app)),
    nginx: nginxOf(app, ports),
    pauses: app.http && live !== undefined && isRecreated(app, ports.record),
    running: before.find(({ status }) => status === 'running')?.id ?? null,
    superseded: before.filter(({ status }) => status === 'queued').map(({ id }) => id),
    on_hold: holdsOf(journal.recent(app.name), live).find((hold) => hold.digest === digest) ?? null,
  }
}

function isTaken(step: StepName, { release, project }: AppSpec): boolean {
  if (step === 'release') return release !== undefined
  if (step === 'services' || step === 'workers') return project !== undefined
  return step !== 'migrate' || (project !== undefined && project.oneOffs.length > 0)
}

/** Nginx's files name the port and the replicas of the slot that the new containers get. */
function nginxOf(
  { name, http, port, replicas }: AppSpec,
  { record, slots }: Pick<PlanPorts, 'record' | 'slots'>,
): Plan['nginx'] {
  if (!http) return 'none'
  const live = slots.live(name)
  const slot = live === undefined ? 'blue' : otherSlot(live)
  const known = record.upstreams(name, { port: port ?? 80, replicas })[slot]
  if (known.replicas !== replicas) return 'reload'
  if (port === undefined) return 'by_image'
  return known.port === port ? 'untouched' : 'reload'
}
