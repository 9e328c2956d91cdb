import { dirname } from 'node:path'
import { formatImage, ImageReferenceError, parseImage } from '../../protocol/image-reference.ts'
import type { HealthPolicy, Release } from '../core/app.ts'
import { readAttestation } from './attestation.ts'
import { readAuth } from './auth.ts'
import type { AppConfig } from './config.ts'
import { CONTAINER_KEYS, readContainer, words } from './container.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord } from './record.ts'
import { readRegistries } from './registries.ts'
import type { SecretOwners } from './secrets.ts'
import { boolean, duration, keyValues, matching, number, port } from './values.ts'

const OWN_KEYS = [
  'image',
  'registries',
  'domains',
  'port',
  'auth',
  'attestation',
  'http',
  'strategy',
  'release',
  'health',
  'watch',
  'drain',
  'keep',
  'replicas',
  'warm',
  'poll',
]
/** A slot's addresses are few, and so are a VM's cores. */
const MOST_REPLICAS = 32
/** Registries count requests. */
const SHORTEST_POLL_MS = 10_000
/** As long as a release command may take. */
const RELEASE_MS = 10 * 60 * 1000
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const NAME = new RegExp(`^${LABEL}$`)
const DOMAIN = new RegExp(String.raw`^(?=.{1,253}$)(?:\*\.)?${LABEL}(?:\.${LABEL})*$`)

/** Reads one entry of `apps:`. */
export function readApp(
  reader: Reader,
  name: string,
  field: Field,
  owners: SecretOwners,
): AppConfig {
  if (!NAME.test(name)) {
    reader.problem(
      field,
      `${JSON.stringify(name)} is not the name of an app`,
      'a DNS label: a-z, 0-9 and -, at most 63 characters',
    )
  }
  const keys = reader.mapping(field, [...OWN_KEYS, ...CONTAINER_KEYS])
  const appPort = port(reader, keys.get('port'))
  const attestation = readAttestation(reader, keys.get('attestation'))
  const http = boolean(reader, keys.get('http')) ?? true
  const health = keys.get('health')
  if (!http) refuseForWorker(reader, keys)
  const strategy = matching(
    reader,
    keys.get('strategy'),
    /^(?:blue-green|recreate)$/,
    'blue-green or recreate',
  )
  const release = readRelease(reader, keys.get('release'))
  const warm = keys.get('warm')
  const warmMs = duration(reader, warm) ?? 0
  if (warm !== undefined && warmMs > 0 && (!http || strategy === 'recreate')) {
    reader.problem(
      warm,
      http
        ? 'an app with strategy: recreate cannot run twice'
        : 'a worker kept warm would go on working',
      'leave warm out: a rollback starts the old version anew',
    )
  }
  return {
    name,
    image: readImage(reader, field, keys.get('image')),
    registries: readRegistries(reader, keys.get('registries'), dirname(reader.file)),
    ...(appPort === undefined ? {} : { port: appPort }),
    domains: reader
      .list(keys.get('domains'))
      .flatMap(
        (item) =>
          matching(reader, item, DOMAIN, 'a domain', 'lower case, without scheme, port or path') ??
          [],
      ),
    auth: readAuth(reader, keys.get('auth'), owners),
    ...(attestation === undefined ? {} : { attestation }),
    http,
    strategy: strategy === 'recreate' ? 'recreate' : 'blue-green',
    container: readContainer(reader, keys),
    replicas: number(reader, keys.get('replicas'), { min: 1, max: MOST_REPLICAS }) ?? 1,
    ...(release === undefined ? {} : { release }),
    health: readHealth(reader, health),
    watchMs: duration(reader, keys.get('watch')) ?? 10_000,
    drainMs: duration(reader, keys.get('drain')) ?? 30_000,
    warmMs,
    pollMs: duration(reader, keys.get('poll'), { min: SHORTEST_POLL_MS }) ?? 0,
    keep: number(reader, keys.get('keep'), { min: 1 }) ?? 5,
  }
}

function readImage(reader: Reader, app: Field, field: Field | undefined): AppConfig['image'] {
  const text = reader.text(field)
  if (text === undefined) {
    if (reader.isNothing(field)) {
      reader.problem(
        field ?? app,
        'image is missing',
        'name the one repository that may run, like ghcr.io/acme/api',
      )
    }
    return { repository: '', tag: '' }
  }
  try {
    const { repository, tag = 'latest', digest } = parseImage(text)
    if (digest !== undefined) {
      reader.problem(
        field ?? app,
        `${JSON.stringify(text)} has a digest`,
        `write ${formatImage({ repository })}: deployments say which digest runs`,
      )
    }
    return { repository, tag }
  } catch (error) {
    if (!(error instanceof ImageReferenceError)) throw error
    reader.problem(field ?? app, error.message, error.hint)
    return { repository: '', tag: '' }
  }
}

/** Keys that say where requests go, for an app that gets none. */
function refuseForWorker(reader: Reader, keys: ReadonlyMap<string, Field>): void {
  const health = reader.mapping(keys.get('health'))
  for (const field of [
    ...['domains', 'port'].map((key) => keys.get(key)),
    ...['path', 'port', 'headers'].map((key) => health.get(key)),
  ]) {
    if (field === undefined) continue
    reader.problem(
      field,
      'a worker (http: false) gets no requests',
      'it is healthy when its healthcheck says so, else when it runs steadily',
    )
  }
}

/** A command, or `{ command, timeout }`. */
function readRelease(reader: Reader, field: Field | undefined): Release | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const long = reader.isMapping(field) ? reader.mapping(field, ['command', 'timeout']) : undefined
  const command = words(reader, long === undefined ? field : long.get('command'))
  const timeoutMs = duration(reader, long?.get('timeout'), { min: 1 }) ?? RELEASE_MS
  if (command !== undefined && command.length > 0) return { command, timeoutMs }
  // one that cannot be read is a problem already
  if (command !== undefined || (long !== undefined && reader.isNothing(long.get('command')))) {
    reader.problem(field, 'the release command is missing', 'write release: npm run migrate')
  }
  return undefined
}

function readHealth(reader: Reader, field: Field | undefined): HealthPolicy {
  const keys = reader.mapping(field, [
    'path',
    'port',
    'headers',
    'interval',
    'timeout',
    'healthy_after',
    'deadline',
  ])
  const path = matching(
    reader,
    keys.get('path'),
    /^\/[\x21-\x7e]*$/,
    'a path',
    'it begins with / and has no blanks',
  )
  const healthPort = port(reader, keys.get('port'))
  const headers = emptyRecord<string>()
  for (const { field: at, key, value = '' } of keyValues(reader, keys.get('headers'))) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(key) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      // neither is shown: a header may hold a password, and without its = it would be the name
      reader.problem(at, 'this does not make a header', 'write { Name: value } or [Name=value]')
    }
    headers[key] = value
  }
  return {
    ...(path === undefined ? {} : { path }),
    ...(healthPort === undefined ? {} : { port: healthPort }),
    headers,
    intervalMs: duration(reader, keys.get('interval'), { min: 1 }) ?? 2000,
    timeoutMs: duration(reader, keys.get('timeout'), { min: 1 }) ?? 5000,
    healthyAfter: number(reader, keys.get('healthy_after'), { min: 1, max: 100 }) ?? 2,
    deadlineMs: duration(reader, keys.get('deadline'), { min: 1 }) ?? 60_000,
  }
}
