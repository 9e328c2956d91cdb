import { isAbsolute, join } from 'node:path'
import { parseImage } from '../../protocol/image-reference.ts'
import type { RegistryLogin } from '../core/image/registry.ts'
import { warnOfAccess } from './file-access.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord, matching } from './values.ts'

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])
const WAYS = ['password', 'password_file', 'ecr', 'azure', 'gcp', 'github_app']
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Reads `registries:`. Relative files are beside the config. */
export function readRegistries(
  reader: Reader,
  field: Field | undefined,
  directory: string,
): Record<string, RegistryLogin> {
  const logins = emptyRecord<RegistryLogin>()
  for (const [host, each] of reader.mapping(field)) {
    const login = readLogin(reader, each, directory)
    const name = registryHost(host)
    if (name === undefined) {
      reader.problem(
        each,
        `${JSON.stringify(host)} is not a registry`,
        'write its host, like ghcr.io or registry.example.com:5000',
      )
    } else if (login !== undefined) logins[name] = login
  }
  return logins
}

function readLogin(reader: Reader, field: Field, directory: string): RegistryLogin | undefined {
  const keys = reader.mapping(field, ['username', ...WAYS])
  const ways = WAYS.filter((key) => keys.has(key))
  if (ways.length > 1) {
    reader.problem(field, `${ways.join(' and ')} exclude each other`, 'sign in one way')
    return undefined
  }
  const [way = 'password'] = ways
  const inFile = (at: Field | undefined) => {
    const file = needed(reader, field, at, way === 'github_app' ? 'key_file' : way)
    const found = file === '' || isAbsolute(file) ? file : join(directory, file)
    warnOfAccess(reader, at ?? field, { file: found, holdsSecret: true })
    return found
  }
  const at = keys.get(way)
  switch (way) {
    case 'ecr': {
      const options = readOptions(reader, at, ['region', 'profile'])
      const region = matching(
        reader,
        options.get('region'),
        REGION,
        'a region',
        'like eu-central-1',
      )
      return {
        kind: 'ecr',
        region: region ?? '',
        profile: reader.text(options.get('profile')) ?? '',
      }
    }
    case 'azure': {
      const options = readOptions(reader, at, ['client_id', 'tenant_id', 'client_secret'])
      const clientId = matching(reader, options.get('client_id'), GUID, 'a client id', 'a GUID')
      const tenantId = matching(reader, options.get('tenant_id'), GUID, 'a tenant id', 'a GUID')
      const secretAt = options.get('client_secret')
      const clientSecret = reader.text(secretAt) ?? ''
      if (secretAt !== undefined) reader.noteSecret(secretAt)
      if (clientSecret !== '' && (clientId === undefined || tenantId === undefined)) {
        reader.problem(
          at ?? field,
          'client_secret needs client_id and tenant_id',
          'add both, or leave it out: then the VM has an identity of its own',
        )
      }
      return { kind: 'azure', clientId: clientId ?? '', tenantId: tenantId ?? '', clientSecret }
    }
    case 'gcp': {
      if (at === undefined || reader.isMapping(at) || reader.text(at) !== 'true') {
        reader.problem(
          at ?? field,
          'gcp is not true',
          'write true for the VM’s own service account; the key of another one is username _json_key with password_file',
        )
      }
      return { kind: 'gcp' }
    }
    case 'github_app': {
      const options = reader.mapping(at, ['id', 'installation', 'key_file'])
      const [id, installation] = ['id', 'installation'].map((key) =>
        needed(reader, at ?? field, options.get(key), key),
      ) as [string, string]
      return { kind: 'github_app', id, installation, keyFile: inFile(options.get('key_file')) }
    }
    default: {
      const username = needed(reader, field, keys.get('username'), 'username')
      if (way === 'password_file') return { kind: way, username, file: inFile(at) }
      const password = needed(reader, field, at, 'password')
      // by what was filled in it is known whether it stands in the file itself
      if (at !== undefined) reader.noteSecret(at)
      return { kind: 'password', username, password }
    }
  }
}

/** `true` for the usual, or a mapping. */
function readOptions(
  reader: Reader,
  field: Field | undefined,
  known: readonly string[],
): ReadonlyMap<string, Field> {
  if (field !== undefined && !reader.isMapping(field)) {
    if (reader.text(field) !== 'true') {
      reader.problem(
        field,
        'this is neither true nor a mapping',
        `write true, or ${known.join(', ')}`,
      )
    }
    return new Map()
  }
  return reader.mapping(field, known)
}

function needed(reader: Reader, parent: Field, field: Field | undefined, name: string): string {
  const text = reader.text(field)
  if (text === '' || reader.isNothing(field)) {
    reader.problem(
      parent,
      `${name} is missing or empty`,
      'docs/registries.md shows each way to sign in',
    )
  }
  return text ?? ''
}

/** The host as it stands in parsed references, `docker.io` for all names of Docker Hub. */
function registryHost(host: string): string | undefined {
  if (DOCKER_HUB.has(host)) return 'docker.io'
  try {
    const { registry } = parseImage(`${host}/x/y`)
    return registry === host ? registry : undefined
  } catch {
    return undefined
  }
}
