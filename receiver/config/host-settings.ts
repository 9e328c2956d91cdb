import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import { fileFailure } from '../core/file-failure.ts'
import type { ContainerSettings, Logging } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { boolean, bytes, emptyRecord, keyValues, matching, number, texts } from './values.ts'

/** Keys that say what a container may have of its host; names and forms are Compose's. */
export const HOST_KEYS = [
  'extra_hosts',
  'dns',
  'shm_size',
  'group_add',
  'ulimits',
  'sysctls',
  'init',
  'read_only',
  'cap_add',
  'cap_drop',
  'security_opt',
  'pids_limit',
  'privileged',
  'logging',
]

export function readHostSettings(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): Pick<
  ContainerSettings,
  | 'extraHosts'
  | 'dns'
  | 'shmBytes'
  | 'groupAdd'
  | 'ulimits'
  | 'sysctls'
  | 'init'
  | 'readOnly'
  | 'capAdd'
  | 'capDrop'
  | 'securityOpt'
  | 'pidsLimit'
  | 'privileged'
  | 'logging'
> {
  const shmBytes = bytes(reader, keys.get('shm_size'))
  const init = boolean(reader, keys.get('init'))
  const pidsLimit = readPidsLimit(reader, keys.get('pids_limit'))
  const logging = readLogging(reader, keys.get('logging'))
  return {
    extraHosts: readExtraHosts(reader, keys.get('extra_hosts')),
    dns: reader
      .list(keys.get('dns'))
      .flatMap((item) => matching(reader, item, ADDRESS, 'an IP address') ?? []),
    ...(shmBytes === undefined ? {} : { shmBytes }),
    groupAdd: texts(reader, keys.get('group_add')),
    ulimits: readUlimits(reader, keys.get('ulimits')),
    sysctls: readTexts(reader, keys.get('sysctls'), 'a sysctl'),
    ...(init === undefined ? {} : { init }),
    readOnly: boolean(reader, keys.get('read_only')) ?? false,
    capAdd: readCapabilities(reader, keys.get('cap_add')),
    capDrop: readCapabilities(reader, keys.get('cap_drop')),
    securityOpt: readSecurityOpt(reader, keys.get('security_opt')),
    ...(pidsLimit === undefined ? {} : { pidsLimit }),
    privileged: boolean(reader, keys.get('privileged')) ?? false,
    ...(logging === undefined ? {} : { logging }),
  }
}

const ADDRESS = /^[\da-f.:]+$/i

/** `name:address`, `name=address` or `{ name: address }`; an IPv6 address may stand in brackets. */
function readExtraHosts(reader: Reader, field: Field | undefined): string[] {
  if (field === undefined) return []
  const given = reader.isMapping(field)
    ? [...reader.mapping(field)].flatMap(([name, each]) =>
        texts(reader, each).map((address) => ({ at: each, name, address })),
      )
    : reader.list(field).flatMap((at) => {
        const text = reader.text(at)
        if (text === undefined) return []
        const [, name = '', address = ''] = /^([^:=]*)[:=](.*)$/.exec(text) ?? []
        return [{ at, name, address }]
      })
  return given.flatMap(({ at, name, address }) => {
    const bare = address.replace(/^\[(.*)\]$/, '$1')
    if (name !== '' && (bare === 'host-gateway' || isIP(bare) !== 0)) return [`${name}:${bare}`]
    reader.problem(
      at,
      `${JSON.stringify(`${name}:${address}`)} names no host and address`,
      'write name:10.0.0.1 or name:host-gateway',
    )
    return []
  })
}

/** `{ nofile: 65536 }` or `{ nofile: { soft: 1024, hard: 65536 } }`; -1 is no limit. */
function readUlimits(reader: Reader, field: Field | undefined): ContainerSettings['ulimits'] {
  return [...reader.mapping(field)].flatMap(([name, each]) => {
    const long = reader.isMapping(each) ? reader.mapping(each, ['soft', 'hard']) : undefined
    const limit = (at: Field | undefined) => {
      const text = matching(
        reader,
        at,
        /^(?:-1|\d{1,15})$/,
        'a limit',
        'a whole number, or -1 for none',
      )
      return text === undefined ? undefined : Number(text)
    }
    const soft = limit(long === undefined ? each : long.get('soft'))
    const hard = limit(long === undefined ? each : long.get('hard'))
    if (soft !== undefined && hard !== undefined) return [{ name, soft, hard }]
    if (long !== undefined) reader.problem(each, `${name} needs soft and hard`)
    return []
  })
}

function readCapabilities(reader: Reader, field: Field | undefined): string[] {
  return reader
    .list(field)
    .flatMap(
      (item) =>
        matching(
          reader,
          item,
          /^(?:CAP_)?[A-Z][A-Z_]*$/i,
          'a capability',
          'write it like NET_BIND_SERVICE, or ALL',
        ) ?? [],
    )
}

/** Docker wants `name=value`, and a seccomp profile as the JSON itself, not as the file that it stands in. */
function readSecurityOpt(reader: Reader, field: Field | undefined): string[] {
  return reader.list(field).flatMap((item) => {
    const text = reader.text(item)
    if (text === undefined) return []
    const [, name = text, value] = /^([^:=]+)[:=](.*)$/.exec(text) ?? []
    if (name === 'no-new-privileges') {
      return value === 'false' ? ['no-new-privileges=false'] : ['no-new-privileges']
    }
    if (
      !['apparmor', 'label', 'seccomp', 'systempaths', 'writable-cgroups'].includes(name) ||
      value === undefined
    ) {
      reader.problem(
        item,
        `${JSON.stringify(text)} is not a security option`,
        'no-new-privileges, apparmor=…, label=…, seccomp=… or systempaths=unconfined',
      )
      return []
    }
    if (name !== 'seccomp' || value === 'unconfined' || value === 'builtin')
      return [`${name}=${value}`]
    const file = resolve(dirname(reader.file), value)
    reader.noteFile(file)
    try {
      return [`seccomp=${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')))}`]
    } catch (error) {
      const { message, hint } = fileFailure(file, error) ?? {
        message: `${file} is not JSON`,
        hint: "a seccomp profile is a JSON file, like Docker's default.json",
      }
      reader.problem(item, `the seccomp profile ${message}`, hint)
      return []
    }
  })
}

function readPidsLimit(reader: Reader, field: Field | undefined): number | undefined {
  const text = reader.text(field)
  return text === '-1' || text === '0' ? -1 : number(reader, field, { min: 1 })
}

function readLogging(reader: Reader, field: Field | undefined): Logging | undefined {
  if (field === undefined) return undefined
  const keys = reader.mapping(field, ['driver', 'options'])
  return {
    driver: reader.text(keys.get('driver')) ?? 'json-file',
    options: readTexts(reader, keys.get('options'), 'a logging option'),
  }
}

function readTexts(reader: Reader, field: Field | undefined, what: string): Record<string, string> {
  const values = emptyRecord<string>()
  for (const { field: at, key, value } of keyValues(reader, field)) {
    if (key === '' || value === undefined) reader.problem(at, `${what} needs a name and a value`)
    else values[key] = value
  }
  return values
}
