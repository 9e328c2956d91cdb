import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { defined } from '../core/defined.ts'
import { boolean, bytes, emptyRecord, matching, texts } from './values.ts'

const VOLUME =
  /^(?:\/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):\/[^:]*(?::(?:ro|rw|z|Z|cached|delegated|consistent|nocopy|r?(?:private|shared|slave))(?:,(?:ro|rw|z|Z|cached|delegated|consistent|nocopy|r?(?:private|shared|slave)))*)?$/
const ANONYMOUS = /^\/[^:]*$/
const HOW = 'write name:/path, /host/path:/path or ./path:/path, with :ro if wanted'

type Volumes = Pick<ContainerSettings, 'volumes' | 'tmpfs' | 'anonymousVolumes' | 'requiredSources'>

/** What the items of `volumes` and `tmpfs` come to. */
interface Found {
  bound: string[]
  anonymous: string[]
  required: string[]
  tmpfs: Record<string, string>
}

/** Reads `volumes`, in Compose's short and long form, and `tmpfs`. */
export function readVolumes(
  reader: Reader,
  volumes: Field | undefined,
  tmpfs: Field | undefined,
): Volumes {
  const found: Found = { bound: [], anonymous: [], required: [], tmpfs: emptyRecord() }
  for (const item of reader.list(volumes)) {
    if (reader.isMapping(item)) readLong(reader, item, found)
    else readShort(reader, item, found)
  }
  for (const item of reader.list(tmpfs)) {
    const [, path = '', options = ''] =
      /^(\/[^:]*)(?::(.*))?$/.exec(matching(reader, item, /^\//, 'a path from the root') ?? '') ??
      []
    if (path !== '') found.tmpfs[path] = options
  }
  const some = (list: string[]) => (list.length === 0 ? undefined : list)
  return {
    volumes: found.bound,
    tmpfs: found.tmpfs,
    ...defined({
      anonymousVolumes: some(found.anonymous),
      requiredSources: some(found.required),
    }),
  }
}

function readShort(reader: Reader, item: Field, found: Found): void {
  const text = reader.text(item)
  if (text === undefined) return
  const [source = '', ...rest] = text.split(':')
  const full = [pathOf(reader, source), ...rest].join(':')
  if (rest.length === 0 && ANONYMOUS.test(text)) found.anonymous.push(text)
  else if (VOLUME.test(full)) bind(reader, item, full, found)
  else reader.problem(item, `${JSON.stringify(text)} is not a volume`, HOW)
}

/** Docker makes a folder that is not there, as Compose does in the short form. */
function bind(reader: Reader, item: Field, text: string, found: Found): void {
  const [source = ''] = text.split(':')
  if (source.startsWith('/') && !existsSync(source)) {
    reader.notice(item, `${source} is not there: Docker makes it, an empty folder of root's`)
  }
  found.bound.push(text)
}

/** A volume of the long form as one of the short. */
function readLong(reader: Reader, item: Field, found: Found): void {
  const keys = reader.mapping(item, [
    'type',
    'source',
    'target',
    'read_only',
    'consistency',
    'bind',
    'volume',
    'tmpfs',
  ])
  const type = matching(
    reader,
    keys.get('type'),
    /^(?:bind|volume|tmpfs)$/,
    'bind, volume or tmpfs',
  )
  const target = matching(reader, keys.get('target'), /^\/[^:]*$/, 'a path from the root')
  const source = reader.text(keys.get('source'))
  const inBind = reader.mapping(keys.get('bind'), ['propagation', 'selinux', 'create_host_path'])
  // Docker relabels what it binds, and not what it mounts
  const isPlain = reader.isNothing(inBind.get('selinux'))
  const mayCreate = boolean(reader, inBind.get('create_host_path')) ?? false
  const volume = reader.mapping(keys.get('volume'), ['nocopy'])
  const size = reader.mapping(keys.get('tmpfs'), ['size', 'mode'])
  const mode = readMode(reader, size.get('mode'))
  const sizeBytes = bytes(reader, size.get('size'))
  const needed = type === 'bind' ? ['type', 'source', 'target'] : ['type', 'target']
  const missing = needed.filter((name) => reader.isNothing(keys.get(name)))
  if (missing.length > 0) {
    reader.problem(item, `${missing.join(' and ')} of the volume is missing`, HOW)
  } else if (type === 'tmpfs' && source !== undefined) {
    reader.problem(item, 'a tmpfs has no source', 'leave source out')
  }
  if (target === undefined || type === undefined || (type === 'bind' && source === undefined)) {
    return
  }
  const options = [
    ...(boolean(reader, keys.get('read_only')) === true ? ['ro'] : []),
    ...(boolean(reader, volume.get('nocopy')) === true ? ['nocopy'] : []),
    ...texts(reader, inBind.get('propagation')),
    ...texts(reader, inBind.get('selinux')),
  ]
  if (type === 'tmpfs') {
    found.tmpfs[target] = [
      ...options,
      ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
      ...(mode === undefined ? [] : [`mode=${mode}`]),
    ].join(',')
    return
  }
  if (source === undefined) {
    found.anonymous.push(target)
    return
  }
  const from = type === 'bind' ? absolute(reader, source) : source
  const full = [from, target, ...(options.length > 0 ? [options.join(',')] : [])].join(':')
  if (!VOLUME.test(full) || (type === 'bind') !== from.startsWith('/')) {
    reader.problem(item, `${JSON.stringify(full)} is not a ${type}`, HOW)
  } else if (type === 'bind' && !mayCreate && isPlain) requireSource(reader, item, full, found)
  else bind(reader, item, full, found)
}

/** In octal, as the kernel reads it: with a 0 before it YAML's numbers are octal, and decimal without. */
function readMode(reader: Reader, field: Field | undefined): string | undefined {
  const form = /^(?:0o?[0-7]{1,4}|\d{1,4})$/
  const text = matching(reader, field, form, 'a mode', 'write it like 0755 or 0o1777')
  return text === undefined
    ? undefined
    : (/^0o?([0-7]+)$/.exec(text)?.[1] ?? Number(text).toString(8))
}

function requireSource(reader: Reader, item: Field, text: string, found: Found): void {
  const [source = ''] = text.split(':')
  warnOfMissing(reader, item, source, 'create it, or write bind: { create_host_path: true }')
  found.bound.push(text)
  found.required.push(source)
}

/** A disk may be mounted later than the receiver starts: a deployment decides. */
export function warnOfMissing(reader: Reader, item: Field, source: string, remedy: string): void {
  if (existsSync(source)) return
  reader.warning(item, `${source} is not there: no deployment starts without it`, remedy)
}

/** Compose's `.`, `./a`, `../a`, `~` and `~/a` as an absolute path; anything else as it is. */
const pathOf = (reader: Reader, source: string): string =>
  /^(?:\.{1,2}|~)(?:\/|$)/.test(source) ? absolute(reader, source) : source

const absolute = (reader: Reader, path: string): string =>
  resolve(
    dirname(reader.file),
    path.replace(/^~(?=\/|$)/, () => reader.env['HOME'] ?? homedir()),
  )
