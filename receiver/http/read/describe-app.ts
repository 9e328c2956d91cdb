import { onThisMachine } from '../../core/app.ts'
import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppCredentials } from '../auth/authentic.ts'
import { holdsOf } from '../../core/intake/hold.ts'
import type { Project } from '../../core/project/project.ts'
import type { DescribedPreview } from '../../core/previews/described.ts'
import type { PreviewRecord } from '../../core/previews/preview.ts'
import type { KeptVolume } from '../../core/slots/container.ts'
import { describeTraffic } from '../../core/traffic/describe.ts'
import type { Traffic } from '../../core/traffic/traffic.ts'
import type { HttpApps, HttpApp } from '../apps.ts'
import { describePreview } from './describe-preview.ts'

export interface DescribeServices {
  /** Public base URL. */
  url: string
  apps: HttpApps
  archive: {
    live(app: string): { deployment: Deployment } | undefined
    /** The running deployment, else the waiting one. */
    next(app: string): { deployment: Deployment } | undefined
    /** Newest first, read as they are taken. */
    recent(app: string): Iterable<Deployment>
  }
  previews: { record: Pick<PreviewRecord, 'get'> }
  /** Where what it has in VOLUMEs of its images is kept. */
  volumes(app: string): readonly KeptVolume[]
  /** Since when visitors are told that there is maintenance; `undefined`: they are not. */
  maintenanceSince(app: string): string | undefined
  /** Since when it is stopped on purpose; `undefined`: it is not. */
  stoppedSince(app: string): string | undefined
  /** What it waits for since it was restored: volumes by name, folders by path. */
  awaitsData(app: string): readonly string[]
  /** That it runs something else than what was deployed, in words for people; `undefined`: it does not, as far as is known. */
  drift(app: string): string | undefined
  /** Why visitors come to it without TLS for now; `undefined`: they do not, or it is to have none. */
  whyPlain(app: string): string | undefined
  /** What its visitors do and get; `undefined`: nobody tells. */
  traffic(app: string): Traffic | undefined
  /** Containers that Compose runs of an app's services, beside ours; throws when the engine does not say. */
  besideOurs(project: Project): Promise<string[]>
}

/** An app with what is live, what is under way, what became of the newest, and what was rolled back from. */
export function describeApp(
  { spec, domains, credentials, previews }: HttpApp,
  services: DescribeServices,
) {
  const { archive, url } = services
  const live = archive.live(spec.name)?.deployment
  const [last = null] = archive.recent(spec.name)
  const { project } = onThisMachine(spec)
  return {
    name: spec.name,
    engine: spec.engine,
    image: spec.image,
    domains,
    hook: `${url}/hooks/${spec.name}`,
    accepts: kindsOf(credentials),
    live: live ?? null,
    current: archive.next(spec.name)?.deployment ?? null,
    /** The newest, whatever became of it. */
    last,
    on_hold: holdsOf(archive.recent(spec.name), live),
    volumes: services.volumes(spec.name),
    maintenance_since: services.maintenanceSince(spec.name) ?? null,
    stopped_since: services.stoppedSince(spec.name) ?? null,
    awaits_data: services.awaitsData(spec.name),
    drift: services.drift(spec.name) ?? null,
    no_https: services.whyPlain(spec.name) ?? null,
    // where Nginx leads nobody to it, nobody tells
    traffic: spec.http ? describeTraffic(services.traffic(spec.name)) : null,
    preview: previewNamed(spec.name, services),
    /** Why no preview of it is made or updated. */
    previews_broken: previews?.broken ?? null,
    project: project === undefined ? null : describeProject(project),
  }
}

/** The same, with what Compose runs beside ours, for which the engine is asked. */
export async function lookAtApp(app: HttpApp, services: DescribeServices) {
  const described = describeApp(app, services)
  const { project } = onThisMachine(app.spec)
  if (project === undefined) return described
  // an extra, that an engine that is away must not hold up; until the first deployment Compose's are those that serve
  const beside = described.live === null ? [] : await services.besideOurs(project).catch(() => [])
  return { ...described, project: { ...described.project, beside_ours: beside } }
}

/** `null`: the app is one of the config. */
function previewNamed(
  app: string,
  { previews, apps }: Pick<DescribeServices, 'previews' | 'apps'>,
): DescribedPreview | null {
  const preview = previews.record.get(app)
  // one whose app has none any more goes in a moment
  const ttlMs = preview && apps.get(preview.of)?.previews?.ttlMs
  return ttlMs === undefined || preview === undefined ? null : describePreview(preview, ttlMs)
}

/** The Compose project that an app is a service of, and what else of it is ours. */
function describeProject({ name, service, oneOffs, workers, dependencies, passedOver }: Project) {
  return {
    name,
    service,
    one_offs: oneOffs.map((each) => each.name),
    workers: workers.map((each) => each.name),
    dependencies: dependencies.map((each) => each.service),
    passed_over: passedOver,
  }
}

/** Kinds of credentials that an app accepts, the best first. */
function kindsOf({ oidc, webhookKeys, basic, github }: AppCredentials): string[] {
  const kinds = {
    oidc: oidc.length > 0,
    ed25519: webhookKeys.some(({ kind }) => kind === 'ed25519'),
    hmac: webhookKeys.some(({ kind }) => kind === 'hmac'),
    basic: basic.tokens.length > 0,
    github: github.length > 0,
  }
  return Object.entries(kinds).flatMap(([kind, accepted]) => (accepted ? kind : []))
}
