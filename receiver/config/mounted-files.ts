import { dirname, resolve } from 'node:path'
import { warnOfAccess } from './file-access.ts'
import type { Field, Reader } from './reader.ts'
import { matching } from './values.ts'
import { warnOfMissing } from './volumes.ts'

/** Keys of an app that mount files declared at the top of the config, as Compose has it. */
export const FILE_KEYS = ['configs', 'secrets'] as const

interface Mounted {
  /** Read-only binds, in the short form of `volumes`. */
  volumes: string[]
  sources: string[]
}

/** Reads `configs` and `secrets`: each is a file of the host, which the container can read. */
export function readMountedFiles(reader: Reader, keys: ReadonlyMap<string, Field>): Mounted {
  const mounts = FILE_KEYS.flatMap((kind) =>
    reader.list(keys.get(kind)).flatMap((item) => readOne(reader, kind, item)),
  )
  return {
    volumes: mounts.map(({ source, target }) => `${source}:${target}:ro`),
    sources: mounts.map(({ source }) => source),
  }
}

function readOne(
  reader: Reader,
  kind: (typeof FILE_KEYS)[number],
  item: Field,
): { source: string; target: string }[] {
  const long = reader.isMapping(item)
    ? reader.mapping(item, ['source', 'target', 'uid', 'gid', 'mode'])
    : undefined
  const nameField = long === undefined ? item : long.get('source')
  const name = matching(reader, nameField, /^[\w.-]+$/, 'a name of letters, digits and . _ -')
  if (name === undefined) {
    if (long !== undefined && reader.isNothing(nameField))
      reader.problem(item, 'source is missing', `name one of ${kind} at the top of this file`)
    return []
  }
  for (const key of ['uid', 'gid', 'mode']) {
    const field = long?.get(key)
    if (field !== undefined) reader.notice(field, 'passed over: a file is mounted with its own')
  }
  const source = readSource(reader, kind, item, name)
  const otherwise = kind === 'secrets' ? name : `/${name}`
  const target =
    matching(reader, long?.get('target'), TARGETS[kind], 'a path from the root, without a colon') ??
    otherwise
  if (source === undefined) return []
  return [{ source, target: target.startsWith('/') ? target : `/run/secrets/${target}` }]
}

const TARGETS = { configs: /^\/[^:]+$/, secrets: /^[^:]+$/ } as const

/** The file that is declared by that name. */
function readSource(
  reader: Reader,
  kind: (typeof FILE_KEYS)[number],
  item: Field,
  name: string,
): string | undefined {
  const declared = reader.mapping(reader.mapping(reader.root).get(kind)).get(name)
  const remedy = `write ${kind}: { ${name}: { file: ./${name} } } at the top of this file`
  if (declared === undefined) {
    reader.problem(item, `${JSON.stringify(name)} is not among the ${kind}`, remedy)
    return undefined
  }
  const file = matching(
    reader,
    reader.mapping(declared).get('file'),
    /^[^:]+$/,
    'a path without a colon',
  )
  if (file === undefined) {
    const message = `${kind}.${name} names no file, and files alone are mounted`
    reader.problem(item, message, `${remedy}; a value can be given by environment or env_file`)
    return undefined
  }
  const source = resolve(dirname(reader.file), file)
  reader.noteFile(source)
  warnOfMissing(reader, item, source, 'create it')
  if (kind === 'secrets') warnOfAccess(reader, declared, { file: source, holdsSecret: false })
  return source
}
