import { DEFAULT_KINDS, NEWS_KINDS, type NewsKind } from '../core/notify/news.ts'
import type { Target } from '../core/notify/target.ts'
import { didYouMean } from './nearest.ts'
import type { Field, Reader } from './reader.ts'
import { readWay, WAYS } from './notify-way.ts'
import type { SecretOwners } from './secrets.ts'
import { boolean, matching } from './values.ts'

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Reads `notify:`: who hears of what. */
export function readNotify(
  reader: Reader,
  field: Field | undefined,
  { owners, apps }: { owners: SecretOwners; apps: readonly string[] },
): Target[] {
  const targets: Target[] = []
  for (const item of reader.list(field)) {
    const target = readTarget(reader, item, { owners, apps, before: targets })
    if (target !== undefined) targets.push(target)
  }
  return targets
}

function readTarget(
  reader: Reader,
  item: Field,
  {
    owners,
    apps,
    before,
  }: { owners: SecretOwners; apps: readonly string[]; before: readonly Target[] },
): Target | undefined {
  const keys = reader.mapping(item, [...WAYS, 'name', 'on', 'apps', 'allow_private'])
  const named = WAYS.filter((kind) => keys.has(kind))
  const [kind, ...others] = named
  if (kind === undefined || others.length > 0) {
    if (!reader.isMapping(item)) return undefined
    reader.problem(
      item,
      kind === undefined ? 'this names nobody' : `${named.join(' and ')} exclude each other`,
      `each entry has one of ${WAYS.join(', ')}`,
    )
    return undefined
  }
  const allowsPrivate = boolean(reader, keys.get('allow_private')) ?? false
  const at = keys.get(kind) ?? item
  const way = readWay(reader, at, { kind, allowsPrivate, owners })
  const name = readName(reader, keys.get('name'), kind, before)
  const only = readApps(reader, keys.get('apps'), apps)
  return {
    name,
    way,
    on: readKinds(reader, keys.get('on')),
    ...(only === undefined ? {} : { apps: only }),
    allowsPrivate,
  }
}

/** `slack`, and `slack-2` for the second one that has no name of its own. */
function readName(
  reader: Reader,
  field: Field | undefined,
  kind: string,
  before: readonly Target[],
): string {
  const isTaken = (name: string) => before.some((each) => each.name === name)
  const given = matching(reader, field, NAME, 'a name', 'lower-case letters, digits and -')
  if (given === undefined) {
    let name: string = kind
    for (let nth = 2; isTaken(name); nth++) name = `${kind}-${nth}`
    return name
  }
  if (field !== undefined && isTaken(given)) {
    reader.problem(field, `another target is called ${given}`, 'each has a name of its own')
  }
  return given
}

function readKinds(reader: Reader, field: Field | undefined): readonly NewsKind[] {
  if (field === undefined) return DEFAULT_KINDS
  const kinds = reader
    .list(field)
    .flatMap((item) => oneOf(reader, item, NEWS_KINDS, 'not something that is told'))
  if (kinds.length === 0 && reader.list(field).length === 0) {
    reader.problem(field, 'it hears of nothing', `name some of ${NEWS_KINDS.join(', ')}`)
  }
  return [...new Set(kinds)]
}

function readApps(
  reader: Reader,
  field: Field | undefined,
  apps: readonly string[],
): string[] | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  return reader
    .list(field)
    .flatMap((item) => oneOf(reader, item, apps, 'not an app of this config'))
}

function oneOf<T extends string>(
  reader: Reader,
  item: Field,
  known: readonly T[],
  what: string,
): T[] {
  const text = reader.text(item)
  const found = known.find((each) => each === text)
  if (found !== undefined) return [found]
  if (text !== undefined) {
    const hint = didYouMean(text, known, `known are: ${known.join(', ')}`)
    reader.problem(item, `${JSON.stringify(text)} is ${what}`, hint)
  }
  return []
}
