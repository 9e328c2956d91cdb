import { LONGEST_APP_WITH_PREVIEWS } from '../../../protocol/preview-name.ts'
import { defined } from '../../core/defined.ts'
import type { SiteSettings } from '../../core/site.ts'
import { readAttestation } from '../attestation.ts'
import type { AppConfig, PreviewsConfig } from '../config.ts'
import { byGrpc } from '../health.ts'
import type { Field, Reader } from '../reader.ts'
import { readRelease } from '../release.ts'
import type { SecretOwners } from '../secrets.ts'
import { boolean, duration, number } from '../values.ts'
import { readPreviewAuth } from './auth.ts'
import { readDomain } from './domain.ts'
import type { ParentProject } from './project.ts'
import { readSettings, SETTINGS_KEYS } from './settings.ts'
import { readPreviewSite } from './site.ts'
import { readPreviewTls } from './tls.ts'

/** What says how a preview is had. */
const OWN_KEYS = [
  'domain',
  'auth',
  'max',
  'ttl',
  'basic_auth',
  'tls',
  'attestation',
  'release',
  'compose',
]
const MAX = 10
const TTL_MS = 7 * 24 * 60 * 60 * 1000
const NOT_YET = 'it is for apps in slots on this machine: leave it out here'

interface Parent {
  app: Pick<AppConfig, 'name' | 'image' | 'registries' | 'watchMs' | 'site' | 'attestation'>
  /** Of an app that is a service of a Compose project. */
  project?: ParentProject
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
  const { broken, ...read } = readSettings(reader, keys, {
    own,
    at: field,
    ...defined({ project: parent.project }),
  })
  const { container, health, ...settings } = read
  const attestation = own.has('attestation')
    ? readAttestation(reader, own.get('attestation'))
    : app.attestation
  const tls = readPreviewTls(reader, own.get('tls'), { ofApp: keys.get('tls'), acme, domain })
  const site = readPreviewSite(reader, field, own.get('basic_auth'), parent)
  return {
    domain,
    auth: readPreviewAuth(reader, own.get('auth'), owners),
    max: number(reader, own.get('max'), { min: 1, max: 1000 }) ?? MAX,
    ttlMs: duration(reader, own.get('ttl')) ?? TTL_MS,
    ...defined({ broken }),
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
  { app: { name }, engine, project }: Parent,
): void {
  if (engine !== 'docker') reader.problem(field, `engine: ${engine} has no previews yet`, NOT_YET)
  const compose = reader.mapping(field).get('compose')
  if (compose !== undefined && project === undefined) {
    const hint = 'leave it out: it is for apps that are a service of a Compose project'
    reader.problem(compose, `${name} is not a service of a Compose project`, hint)
  }
  if (boolean(reader, keys.get('http')) === false) {
    reader.problem(field, 'a worker (http: false) has no previews', 'nobody could see them')
  }
  if (name.length > LONGEST_APP_WITH_PREVIEWS) {
    const message = `${name} has ${name.length} characters: with the name of a preview it would be no label of DNS`
    reader.problem(field, message, `call it by at most ${LONGEST_APP_WITH_PREVIEWS}`)
  }
}
