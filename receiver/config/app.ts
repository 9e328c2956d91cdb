import { dirname } from 'node:path'
import { formatImage, ImageReferenceError, parseImage } from '../../protocol/image-reference.ts'
import { defined } from '../core/defined.ts'
import { isAppName } from '../core/dns-name.ts'
import type { SiteSettings } from '../core/site.ts'
import { readAttestation } from './attestation.ts'
import { readAuth } from './auth.ts'
import { findService, type FoundService, type Projects, readProjectApp } from './compose/project.ts'
import type { AppConfig } from './config.ts'
import { DOCKER_KEYS, readDocker } from './engines/docker.ts'
import { KUBERNETES_KEYS, readKubernetes } from './engines/kubernetes.ts'
import { readSwarm, SWARM_KEYS } from './engines/swarm.ts'
import { byGrpc } from './health.ts'
import { readPreviews } from './previews/previews.ts'
import type { Field, Reader } from './reader.ts'
import { readRegistries } from './registries.ts'
import { readRelease } from './release.ts'
import { type DomainOwners, PLACE_KEYS, readPlace } from './domains.ts'
import type { SecretOwners } from './secrets.ts'
import { readSite, warnOfProtocol } from './site.ts'
import { readAppTls } from './tls.ts'
import { duration, number } from './values.ts'

/** Keys that every app has, whatever runs it. */
const COMMON_KEYS = [
  'engine',
  'image',
  'compose',
  'registries',
  ...PLACE_KEYS,
  'site',
  'tls',
  'auth',
  'attestation',
  'release',
  'watch',
  'keep',
  'poll',
  'previews',
]
/** What runs an app: the keys that it adds, and how these are read. */
const ENGINES = {
  docker: { keys: DOCKER_KEYS, read: readDocker },
  swarm: { keys: SWARM_KEYS, read: readSwarm },
  kubernetes: { keys: KUBERNETES_KEYS, read: readKubernetes },
} as const
const KEYS = [...new Set([...COMMON_KEYS, ...Object.values(ENGINES).flatMap(({ keys }) => keys)])]
/** Registries count requests. */
const SHORTEST_POLL_MS = 10_000

/** What apps share: whose secrets and domains are read already, and the site of those that say nothing of theirs. */
export interface AppDefaults {
  secrets: SecretOwners
  domains: DomainOwners
  site: SiteSettings
  /** Whether there is a CA that is asked for certificates. */
  acme: boolean
  /** Compose projects that apps are services of. */
  projects: Projects
}

/** Reads one entry of `apps:`. */
export function readApp(
  reader: Reader,
  name: string,
  field: Field,
  { secrets, domains, site, acme, projects }: AppDefaults,
): AppConfig {
  if (!isAppName(name)) {
    reader.problem(
      field,
      `${JSON.stringify(name)} is not the name of an app`,
      'a DNS label: a-z, 0-9 and -, at most 63 characters',
    )
  }
  const keys = reader.mapping(field, KEYS)
  const engine = readEngine(reader, keys.get('engine'))
  const readSettings = ENGINES[engine].read
  refuseOfOthers(reader, keys, engine)
  const attestation = readAttestation(reader, keys.get('attestation'))
  const release = readRelease(reader, keys.get('release'))
  const place = readPlace(reader, keys, { name, owners: domains })
  const named = [keys.get('domains'), keys.get('redirect_from')]
  const tls = readAppTls(reader, keys.get('tls'), { names: named, acme })
  const compose = engine === 'docker' ? keys.get('compose') : undefined
  const found = compose && findService(reader, compose, { name, projects })
  // what is wrong with the project is told already
  const isLost = compose !== undefined && found === undefined
  const image = isLost ? NO_IMAGE : readImage(reader, field, keys.get('image'), found)
  const settings =
    found === undefined
      ? readSettings(reader, keys)
      : readProjectApp(reader, keys, { found, name, repository: image.repository, projects })
  const ownSite = readSite(reader, keys.get('site'), site)
  if (place.stripPrefix && ownSite.protocol === 'grpc') {
    const message = 'the path of a call by gRPC is its method: there is nothing to take off'
    reader.problem(keys.get('strip_prefix') ?? field, message, 'leave it out')
  }
  const names = place.domains
  warnOfProtocol(reader, keys.get('site') ?? field, { site: ownSite, names, tls })
  const registries = readRegistries(reader, keys.get('registries'), dirname(reader.file))
  const watchMs = duration(reader, keys.get('watch')) ?? 10_000
  const readThem = isLost || projects.withoutPreviews === true ? () => undefined : readPreviews
  const previews = readThem(reader, keys, {
    app: { name, image, registries, watchMs, ...defined({ attestation }), site: ownSite },
    ...(found === undefined
      ? {}
      : { project: { found, name, repository: image.repository, projects } }),
    engine,
    owners: secrets,
    site,
    acme,
  })
  return {
    name,
    image,
    registries,
    ...place,
    site: ownSite,
    ...(tls === undefined ? {} : { tls }),
    auth: readAuth(reader, keys.get('auth'), secrets),
    ...(attestation === undefined ? {} : { attestation }),
    ...settings,
    health:
      settings.http && ownSite.protocol === 'grpc' ? byGrpc(settings.health) : settings.health,
    ...(release === undefined ? {} : { release }),
    watchMs,
    pollMs: duration(reader, keys.get('poll'), { min: SHORTEST_POLL_MS }) ?? 0,
    keep: number(reader, keys.get('keep'), { min: 1 }) ?? 5,
    ...defined({ previews }),
  }
}

function readEngine(reader: Reader, field: Field | undefined): keyof typeof ENGINES {
  const name = reader.text(field) ?? 'docker'
  if (Object.hasOwn(ENGINES, name)) return name as keyof typeof ENGINES
  reader.problem(
    field ?? reader.root,
    `${JSON.stringify(name)} is not an engine`,
    `one of: ${Object.keys(ENGINES).join(', ')}`,
  )
  return 'docker'
}

/** How a swarm is told the same. */
const IN_A_SWARM: Readonly<Record<string, string>> = {
  secrets: 'write swarm: { secrets: [name] }, of what `docker secret ls` shows',
  configs: 'write swarm: { configs: [name] }, of what `docker config ls` shows',
  ports: 'write swarm: { publish: 8080 }',
  strategy: 'write swarm: { order: stop-first }',
  scale: 'write replicas',
  deploy: 'write replicas, cpus, mem_limit and swarm: { placement: … }',
}

/** Keys that another engine alone has. */
function refuseOfOthers(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  engine: keyof typeof ENGINES,
): void {
  const own: readonly string[] = ENGINES[engine].keys
  for (const [key, field] of keys) {
    if (own.includes(key) || COMMON_KEYS.includes(key) || reader.isNothing(field)) continue
    const others = Object.entries(ENGINES).filter(([, { keys: theirs }]) => theirs.includes(key))
    if (others.length === 0) continue
    const names = others.map(([name]) => name).join(', ')
    const remedy =
      engine === 'swarm' && Object.hasOwn(IN_A_SWARM, key)
        ? (IN_A_SWARM[key] ?? '')
        : engine === 'kubernetes'
          ? 'leave it out: a workload of a cluster is as its manifest says'
          : `it is for ${names}: leave it out`
    reader.problem(field, `${key} is not for engine: ${engine}`, remedy)
  }
  const compose = keys.get('compose')
  if (engine === 'docker' || compose === undefined || reader.isNothing(compose)) return
  const remedy =
    engine === 'swarm'
      ? 'deploy the stack by `docker stack deploy`, and name its service: swarm.service'
      : 'apply its manifests by `kubectl apply`, and name the workload: kubernetes.deployment'
  reader.problem(compose, `a Compose project is not for engine: ${engine}`, remedy)
}

const NO_IMAGE = { repository: '', tag: '' }

/** @param service of Compose's, whose image it is unless the config says it */
function readImage(
  reader: Reader,
  app: Field,
  field: Field | undefined,
  service?: FoundService,
): AppConfig['image'] {
  const text = reader.text(field) ?? service?.image
  if (text === undefined) {
    if (reader.isNothing(field)) {
      reader.problem(
        field ?? app,
        service === undefined
          ? 'image is missing'
          : `image is missing, and the service ${service.key.service} names none`,
        'name the one repository that may run, like ghcr.io/acme/api',
      )
    }
    return NO_IMAGE
  }
  try {
    const { digest, ...followed } = parseImage(text)
    // a Compose file may pin one: here deployments say it
    if (digest !== undefined && field !== undefined) {
      reader.problem(
        field,
        `${JSON.stringify(text)} has a digest`,
        `write ${formatImage(followed)}: deployments say which digest runs`,
      )
    }
    const { repository, tag = 'latest' } = followed
    return { repository, tag }
  } catch (error) {
    if (!(error instanceof ImageReferenceError)) throw error
    reader.problem(field ?? app, error.message, error.hint)
    return NO_IMAGE
  }
}
