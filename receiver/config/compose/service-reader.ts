import type { Field, Reader } from '../reader.ts'
import { createReader } from '../reader.ts'
import { SAME_IN_DEPLOY } from '../deploy-key.ts'
import { type ComposeModel, dockerName } from './model.ts'

/** What Compose has seen to by itself, or what is done otherwise here. */
const SETTLED = new Set(['depends_on', 'env_file', 'label_file', 'profiles', 'extends'])

export interface ServiceReader {
  /** Reads the service's fields and the config's alike. */
  reader: Reader
  /** The service's keys. */
  keys: ReadonlyMap<string, Field>
  /** What of it was passed over so far: `ports`, `deploy.update_config`. */
  passedOver(): string[]
}

/**
 * A service of Compose's as fields that the readers of an app's own settings take, so that there is one way to read both. What
 * is wrong with it is a problem of the config's `compose` key. Compose doubles each `$`, which reading undoes.
 * @param over keys that the config has of its own
 */
export function readService(
  reader: Reader,
  {
    model,
    name,
    at,
    known,
    over,
  }: {
    model: ComposeModel
    name: string
    at: Field
    known: readonly string[]
    over: ReadonlySet<string>
  },
): ServiceReader {
  const { configs, secrets } = model
  const text = JSON.stringify({ services: { [name]: toOurs(model, name, over) }, configs, secrets })
  const inner = createReader(model.name, text, {})
  const prefix = `services.${name}.`
  const isInner = ({ path }: Field) => !path.startsWith('apps.')
  const passedOver = new Set<string>()
  const keyOf = ({ path }: Field) => path.slice(prefix.length)
  const told =
    (tell: Reader['problem']): Reader['problem'] =>
    (field, message, hint) =>
      isInner(field)
        ? tell(at, `the service ${name}: ${keyOf(field)}: ${message}`, hint)
        : tell(field, message, hint)
  const pick = (field: Field | undefined) =>
    field !== undefined && isInner(field) ? inner : reader
  const both: Reader = {
    ...reader,
    // files that the config mounts are declared in the config
    root: over.has('configs') || over.has('secrets') ? reader.root : inner.root,
    problem: told(reader.problem),
    warning(field, message, hint) {
      // a Compose file is not ours to judge
      if (!isInner(field) || !keyOf(field).startsWith('environment')) {
        told(reader.warning)(field, message, hint)
      }
    },
    notice(field, message) {
      if (isInner(field) && message.startsWith('passed over')) passedOver.add(keyOf(field))
      else told(reader.notice)(field, message)
    },
    mapping(field, allowed) {
      if (field === undefined || !isInner(field)) return reader.mapping(field, allowed)
      const found = inner.mapping(field)
      if (allowed === undefined) return found
      for (const [key, each] of found) {
        if (allowed.includes(key) || key.startsWith('x-')) continue
        both.problem(
          each,
          'this version of the receiver does not know it',
          'leave it out, or upgrade',
        )
      }
      return new Map([...found].filter(([key]) => allowed.includes(key)))
    },
    list: (field) => pick(field).list(field),
    isNothing: (field) => pick(field).isNothing(field),
    isMapping: (field) => pick(field).isMapping(field),
    isList: (field) => pick(field).isList(field),
    text: (field) => pick(field).text(field),
    isFilled: (field) => pick(field).isFilled(field),
    variablesIn: (field) => pick(field).variablesIn(field),
    noteSecret(field) {
      if (!isInner(field)) reader.noteSecret(field)
    },
  }
  const fields = inner.mapping(inner.mapping(inner.root).get('services')).get(name)
  return { reader: both, keys: both.mapping(fields, known), passedOver: () => [...passedOver] }
}

/** With Docker's own names, and without what the config says over it. */
function toOurs(model: ComposeModel, name: string, over: ReadonlySet<string>): object {
  const service = model.services[name] ?? {}
  const kept = Object.entries(service).filter(([key]) => !SETTLED.has(key) && !over.has(key))
  const { networks, volumes, deploy, blkio_config: blkio, ...others } = Object.fromEntries(kept)
  return withoutNothing({
    ...others,
    ...(networks === undefined ? {} : { networks: networksOf(model, name) }),
    ...(volumes === undefined ? {} : { volumes: volumesOf(model, name) }),
    ...(deploy === undefined ? {} : { deploy: deployOf(deploy, over) }),
    ...(blkio === undefined ? {} : { blkio_config: lowerCased(blkio) }),
  }) as object
}

/** It bears its names on each: that of the service, and that which Compose would give its container. */
function networksOf(model: ComposeModel, name: string): object {
  const { networks = {}, container_name: containerName } = model.services[name] ?? {}
  return Object.fromEntries(
    Object.entries(networks).map(([key, settings]) => {
      const { aliases = [], ...others } = (settings ?? {}) as { aliases?: string[] }
      const names = [name, ...(containerName === undefined ? [] : [containerName]), ...aliases]
      return [dockerName(model, 'networks', key), { ...others, aliases: [...new Set(names)] }]
    }),
  )
}

const volumesOf = (model: ComposeModel, name: string): object[] =>
  (model.services[name]?.volumes ?? []).map((volume) =>
    volume.type === 'volume' && volume.source !== undefined
      ? { ...volume, source: dockerName(model, 'volumes', volume.source) }
      : volume,
  )

/** Compose prints `Path` and `Rate` where it reads `path` and `rate`. */
function lowerCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.toLowerCase(), lowerCased(each)]),
  )
}

function deployOf(deploy: unknown, over: ReadonlySet<string>): unknown {
  const copy = structuredClone(withoutNothing(deploy)) as Record<string, unknown>
  for (const [path, key] of Object.entries(SAME_IN_DEPLOY)) {
    if (!over.has(key) && !(key === 'scale' && over.has('replicas'))) continue
    const parts = path.split('.')
    const last = parts.pop() ?? ''
    const within = parts.reduce<Record<string, unknown> | undefined>(
      (at, part) => at?.[part] as Record<string, unknown> | undefined,
      copy,
    )
    if (within !== undefined) delete within[last]
  }
  return withoutNothing(copy)
}

/** Compose prints what is not said as null, or as an empty mapping. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([key, each]) => [key, withoutNothing(each)] as const)
    .filter(([, each]) => each !== null && !isEmpty(each))
  return Object.fromEntries(kept)
}

const isEmpty = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === 0
