import { isPreviewOf, LONGEST_APP_WITH_PREVIEWS, previewApp } from '../../protocol/preview-name.ts'
import type { DockerApp } from '../core/app.ts'
import { defined } from '../core/defined.ts'
import { DOMAIN } from '../core/dns-name.ts'
import type { CertificateSource, SiteSettings } from '../core/site.ts'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import { readAttestation } from './attestation.ts'
import { GITHUB_ISSUER, readAuth } from './auth.ts'
import type { AppConfig, PreviewAuth, PreviewsConfig } from './config.ts'
import { CONTAINER_KEYS } from './container.ts'
import { withDeploy } from './deploy-key.ts'
import type { DomainOwners } from './domains.ts'
import { readDocker } from './engines/docker.ts'
import { plainEnvironment } from './environment.ts'
import { byGrpc } from './health.ts'
import type { Field, Reader } from './reader.ts'
import { readRelease } from './release.ts'
import type { SecretOwners } from './secrets.ts'
import { readPasswords } from './site-files.ts'
import { readFiles } from './tls.ts'
import { boolean, duration, matching, number } from './values.ts'

/** What says how a preview is had. */
const OWN_KEYS = ['domain', 'auth', 'max', 'ttl', 'basic_auth', 'tls', 'attestation', 'release']
/** What may be said of its container in place of what the app says, or beside it. */
const SETTINGS_KEYS = [...CONTAINER_KEYS, 'port', 'health', 'strategy']

/** What of the app is the preview's too, unless `previews` says it: how its image is run, and limits. Nothing that gives a right. */
const INHERITED_KEYS = [
  'port',
  'health',
  'strategy',
  'command',
  'entrypoint',
  'user',
  'working_dir',
  'tmpfs',
  'healthcheck',
  'stop_signal',
  'stop_grace_period',
  'restart',
  'init',
  'read_only',
  'shm_size',
  'ulimits',
  'cap_drop',
  'platform',
  'pids_limit',
  'mem_limit',
  'mem_reservation',
  'memswap_limit',
  'mem_swappiness',
  'cpus',
  'cpuset',
  'cpu_shares',
  'cpu_period',
  'cpu_quota',
]

const MAX = 10
const DAY_MS = 24 * 60 * 60 * 1000
const TTL_MS = 7 * DAY_MS
const MEMORY_BYTES = 512 * 1024 * 1024
const NANO_CPUS = 1e9
const PIDS = 512
const DRAIN_MS = 10_000
const NOT_YET = 'it is for apps in slots on this machine: leave it out here'

interface Parent {
  app: Pick<AppConfig, 'name' | 'image' | 'registries' | 'watchMs' | 'site' | 'attestation'>
  isOfProject: boolean
  engine: AppConfig['engine']
  owners: SecretOwners
  /** Of `nginx.site`. */
  site: SiteSettings
  acme: boolean
}

/** Reads `previews` of an app. `keys` are all of the app's: a preview has of them what gives away nothing of production. */
export function readPreviews(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  parent: Parent,
): PreviewsConfig | undefined {
  const field = keys.get('previews')
  if (field === undefined || reader.isNothing(field)) return undefined
  const own = reader.mapping(field, [...OWN_KEYS, ...SETTINGS_KEYS])
  if (!reader.isMapping(field)) return undefined
  refuseOthers(reader, field, keys, parent)
  const { app, acme, owners } = parent
  const domain = readDomain(reader, field, own.get('domain'))
  const { container, health, ...settings } = readSettings(reader, keys, own)
  const attestation = own.has('attestation')
    ? readAttestation(reader, own.get('attestation'))
    : app.attestation
  const tls = readTls(reader, field, own.get('tls'), acme)
  const site = readSite(reader, field, own.get('basic_auth'), parent)
  return {
    domain,
    auth: readPreviewAuth(reader, own.get('auth'), owners),
    max: number(reader, own.get('max'), { min: 1, max: 1000 }) ?? MAX,
    ttlMs: duration(reader, own.get('ttl')) ?? TTL_MS,
    app: {
      ...settings,
      container,
      health: site.protocol === 'grpc' ? byGrpc(health) : health,
      image: app.image,
      registries: app.registries,
      paths: ['/'],
      stripPrefix: false,
      redirectFrom: [],
      site,
      auth: { oidc: [], keys: [], secrets: [], basic: { tokens: [], deploy: false }, github: [] },
      watchMs: app.watchMs,
      pollMs: 0,
      keep: 1,
      isolated: true,
      ...defined({ tls, attestation, release: readRelease(reader, own.get('release')) }),
    },
  }
}

function refuseOthers(
  reader: Reader,
  field: Field,
  keys: ReadonlyMap<string, Field>,
  { app: { name }, engine, isOfProject }: Parent,
): void {
  if (engine !== 'docker') reader.problem(field, `engine: ${engine} has no previews yet`, NOT_YET)
  if (isOfProject) reader.problem(field, 'a Compose project has no previews yet', NOT_YET)
  if (boolean(reader, keys.get('http')) === false) {
    reader.problem(field, 'a worker (http: false) has no previews', 'nobody could see them')
  }
  if (name.length > LONGEST_APP_WITH_PREVIEWS) {
    const message = `${name} has ${name.length} characters: with the name of a preview it would be no label of DNS`
    reader.problem(field, message, `call it by at most ${LONGEST_APP_WITH_PREVIEWS}`)
  }
}

function readDomain(reader: Reader, previews: Field, field: Field | undefined): string {
  const form = 'lower case, without scheme, port or path'
  const domain = matching(reader, field, DOMAIN, 'a domain', form)
  if (reader.isNothing(field)) {
    const hint = 'name what their names end in, like preview.example.com'
    reader.problem(field ?? previews, 'domain is missing', hint)
  }
  if (domain?.startsWith('*.') === true && field !== undefined) {
    reader.problem(field, `${domain} is many names already`, `write ${domain.slice(2)}`)
  }
  return domain ?? ''
}

/** What a preview runs with, by the readers of any app. */
function readSettings(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  own: ReadonlyMap<string, Field>,
): Omit<ReturnType<typeof readDocker>, 'project'> {
  const parents = withDeploy(reader, keys)
  const inherited = new Map(
    INHERITED_KEYS.flatMap((key) => {
      const each = own.has(key) ? undefined : parents.get(key)
      return each === undefined ? [] : [[key, each] as const]
    }),
  )
  const said = [...own].filter(([key]) => SETTINGS_KEYS.includes(key))
  const { project: _none, ...settings } = readDocker(reader, new Map([...inherited, ...said]))
  for (const [key, each] of inherited) refuseVariables(reader, key, each)
  const { secretHeaders } = settings.health
  const health = inherited.get('health')
  if (health !== undefined && secretHeaders.length > 0) {
    const message = `a secret of the app stands in it (${secretHeaders.join(', ')}), which previews do not get`
    reader.problem(health, message, 'write previews.health, with what previews may know')
  }
  refuseShared(reader, own.get('volumes'), settings.container)
  const environment = plainEnvironment(reader, keys.get('environment'))
  return {
    ...settings,
    drainMs: DRAIN_MS,
    container: limited({
      ...settings.container,
      environment: { ...environment, ...settings.container.environment },
    }),
  }
}

/** What this machine fills in is nothing for whoever opens a pull request. */
function refuseVariables(reader: Reader, key: string, field: Field): void {
  const names = [...reader.variablesIn(field).keys()]
  if (names.length === 0) return
  reader.problem(
    field,
    `\${${names.join('}, ${')}} stands in it, and previews get no variable of this machine by themselves`,
    `write previews.${key}, with what previews may know`,
  )
}

/** One would have the data of the others. */
function refuseShared(
  reader: Reader,
  field: Field | undefined,
  { volumes }: ContainerSettings,
): void {
  const named = volumes.find((volume) => !volume.startsWith('/'))
  if (field === undefined || named === undefined) return
  const [, path = ''] = named.split(':')
  reader.problem(
    field,
    `all previews would share the volume of ${named}`,
    `write ${path} alone: each has one of its own there, which goes with it`,
  )
}

/** Nobody reviewed what runs in it. */
function limited(container: ContainerSettings): ContainerSettings {
  const { memoryReservationBytes: reserved = 0, cpuPeriodUs, cpuQuotaUs } = container
  const hasCpus = cpuPeriodUs !== undefined || cpuQuotaUs !== undefined
  return {
    memoryBytes: Math.max(MEMORY_BYTES, reserved),
    ...(hasCpus ? {} : { nanoCpus: NANO_CPUS }),
    pidsLimit: PIDS,
    ...container,
  }
}

/** As the app's, but for what is the app's own: its headers, its password, the administrator's directives. */
function readSite(
  reader: Reader,
  previews: Field,
  field: Field | undefined,
  { app, site: { include: _include, ...all } }: Parent,
): SiteSettings {
  const { protocol, maxBody, timeoutMs, gzip } = app.site
  if (field === undefined || reader.isNothing(field)) {
    reader.problem(
      field ?? previews,
      'basic_auth is missing: whoever finds a preview could look at it, or break in',
      'name a file that htpasswd made, or write basic_auth: false if all of them may be seen by everybody',
    )
  }
  const { basicAuth: _basicAuth, ...others } = all
  const basicAuth = field === undefined ? undefined : readPasswords(reader, field)
  return {
    ...others,
    ...defined({ protocol, maxBody, timeoutMs, gzip, basicAuth }),
    headers: { ...all.headers, 'X-Robots-Tag': 'noindex' },
  }
}

function readTls(
  reader: Reader,
  previews: Field,
  field: Field | undefined,
  acme: boolean,
): CertificateSource | undefined {
  if (field !== undefined && reader.isMapping(field)) return readFiles(reader, field)
  const wished = boolean(reader, field)
  if (wished === false || (wished === undefined && !acme)) return undefined
  reader.problem(
    field ?? previews,
    'tls is missing: previews come and go faster than CAs give certificates to one domain',
    'get one for all of them with Certbot and the plugin of your DNS provider (docs/https.md), and name its files: tls: { certificate: …, key: … }; or write tls: false',
  )
  return undefined
}

function readPreviewAuth(
  reader: Reader,
  field: Field | undefined,
  owners: SecretOwners,
): PreviewAuth {
  const keys = reader.mapping(field, ['oidc', 'keys', 'secrets'])
  const { oidc, keys: publicKeys, secrets } = readAuth(reader, field, owners)
  const other = oidc.find(
    ({ issuer }) => issuer !== GITHUB_ISSUER && !issuer.startsWith(`${GITHUB_ISSUER}/`),
  )
  if (other !== undefined) {
    reader.problem(
      keys.get('oidc') ?? reader.root,
      `a preview is named by its token's ref, in GitHub's form: tokens of ${other.issuer} may have another`,
      'sign these hooks with a key: previews.auth.keys, or previews.auth.secrets',
    )
  }
  return { oidc, keys: publicKeys, secrets }
}

/** No app is called, or found, as a preview of another one may be. */
export function refuseMeeting(
  reader: Reader,
  fields: ReadonlyMap<string, Field>,
  { apps, owners }: { apps: Readonly<Record<string, AppConfig>>; owners: DomainOwners },
): void {
  for (const { name, previews } of Object.values(apps)) {
    const at = fields.get(name)
    if (previews === undefined || at === undefined) continue
    for (const [other, field] of fields) {
      if (!isPreviewOf(other, name)) continue
      const message = `${other} may be the name of a preview of ${name}`
      reader.problem(field, message, `call it by another one, without ${name}-- at its beginning`)
    }
    for (const domain of owners.keys()) {
      if (!domain.endsWith(`.${previews.domain}`) || !isPreviewOf(domain, name)) continue
      const message = `${domain} may be the name of a preview of ${name}`
      reader.problem(at, message, 'give previews.domain, or that app, another one')
    }
  }
}

/** The app that a preview of this name is. */
export const previewConfig = (
  parent: Pick<AppConfig, 'name'>,
  { app, domain }: PreviewsConfig,
  name: string,
): AppConfig<DockerApp> => {
  const full = previewApp(parent.name, name)
  return { ...app, name: full, domains: [`${full}.${domain}`] }
}
