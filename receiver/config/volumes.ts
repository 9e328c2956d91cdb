import { dirname, resolve } from 'node:path'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { boolean, bytes, emptyRecord, matching, texts } from './values.ts'

const VOLUME =
  /^(?:\/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):\/[^:]*(?::(?:ro|rw|z|Z|cached|delegated|nocopy|[rs]?(?:private|shared|slave))(?:,(?:ro|rw|z|Z|nocopy|r?(?:private|shared|slave)))*)?$/
const HOW = 'write name:/path or /host/path:/path, with :ro if wanted'

/** Reads `volumes`, in Compose's short and long form, and `tmpfs`. */
export function readVolumes(
  reader: Reader,
  volumes: Field | undefined,
  tmpfs: Field | undefined,
): Pick<ContainerSettings, 'volumes' | 'tmpfs'> {
  const mounts = emptyRecord<string>()
  const bound = reader.list(volumes).flatMap((item) => {
    const text = reader.isMapping(item) ? readLong(reader, item, mounts) : reader.text(item)
    if (text === undefined) return []
    const full = /^\.\.?\//.test(text)
      ? resolve(dirname(reader.file), text.split(':')[0] ?? '') + text.slice(text.indexOf(':'))
      : text
    if (VOLUME.test(full)) return [full]
    reader.problem(item, `${JSON.stringify(text)} is not a volume`, HOW)
    return []
  })
  for (const item of reader.list(tmpfs)) {
    const [, path = '', options = ''] =
      /^(\/[^:]*)(?::(.*))?$/.exec(matching(reader, item, /^\//, 'a path from the root') ?? '') ??
      []
    if (path !== '') mounts[path] = options
  }
  return { volumes: bound, tmpfs: mounts }
}

/** A volume of the long form as one of the short; a `tmpfs` goes to `mounts`. */
function readLong(reader: Reader, item: Field, mounts: Record<string, string>): string | undefined {
  const keys = reader.mapping(item, [
    'type',
    'source',
    'target',
    'read_only',
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
  const bind = reader.mapping(keys.get('bind'), ['propagation', 'selinux'])
  const volume = reader.mapping(keys.get('volume'), ['nocopy'])
  const size = reader.mapping(keys.get('tmpfs'), ['size', 'mode'])
  const mode = reader.text(size.get('mode'))
  const sizeBytes = bytes(reader, size.get('size'))
  const needed = type === 'tmpfs' ? ['type', 'target'] : ['type', 'source', 'target']
  const missing = needed.filter((name) => reader.isNothing(keys.get(name)))
  if (missing.length > 0) {
    reader.problem(item, `${missing.join(' and ')} of the volume is missing`, HOW)
  } else if (type === 'tmpfs' && source !== undefined) {
    reader.problem(item, 'a tmpfs has no source')
  }
  if (target === undefined || type === undefined || (source === undefined) !== (type === 'tmpfs')) {
    return undefined
  }
  const options = [
    ...(boolean(reader, keys.get('read_only')) === true ? ['ro'] : []),
    ...(boolean(reader, volume.get('nocopy')) === true ? ['nocopy'] : []),
    ...texts(reader, bind.get('propagation')),
    ...texts(reader, bind.get('selinux')),
  ]
  if (type !== 'tmpfs')
    return [source, target, ...(options.length > 0 ? [options.join(',')] : [])].join(':')
  mounts[target] = [
    ...options,
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
  ].join(',')
  return undefined
}
