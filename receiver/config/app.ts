import { formatImage, ImageReferenceError, parseImage } from '../../protocol/image-reference.ts'
import type { HealthPolicy } from '../core/app.ts'
import { readAttestation } from './attestation.ts'
import { readAuth } from './auth.ts'
import type { AppConfig } from './config.ts'
import { CONTAINER_KEYS, readContainer } from './container.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord } from './record.ts'
import type { SecretOwners } from './secrets.ts'
import { duration, keyValues, matching, number, port } from './values.ts'

const OWN_KEYS = [
  'image',
  'domains',
  'port',
  'auth',
  'attestation',
  'health',
  'watch',
  'drain',
  'keep',
]
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
  return {
    name,
    image: readImage(reader, field, keys.get('image')),
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
    container: readContainer(reader, keys),
    health: readHealth(reader, keys.get('health')),
    watchMs: duration(reader, keys.get('watch')) ?? 10_000,
    drainMs: duration(reader, keys.get('drain')) ?? 30_000,
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
