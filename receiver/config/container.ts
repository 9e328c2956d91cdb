import type { ContainerSettings } from '../core/slots/container-settings.ts'
import { LIMIT_KEYS, readLimits } from './container-limits.ts'
import { readWorld, WORLD_KEYS } from './container-world.ts'
import { DEVICE_KEYS, readDevices } from './devices.ts'
import { PLACE_KEYS } from './domains.ts'
import { readEnvironment, readLabels } from './environment.ts'
import { readHealthcheck } from './healthcheck.ts'
import { HOST_KEYS, readHostSettings } from './host-settings.ts'
import { readNetworks } from './networks.ts'
import type { Field, Reader } from './reader.ts'
import { FILE_KEYS, readMountedFiles } from './mounted-files.ts'
import { readRestart } from './restart.ts'
import { isSecret } from './secret-values.ts'
import { bytes, duration, matching, number, texts, unlessZero } from './values.ts'
import { readVolumes } from './volumes.ts'
import { splitWords } from './words.ts'

/** Keys of an app that describe its container; names and forms are Compose's. */
export const CONTAINER_KEYS = [
  'environment',
  'env_file',
  'volumes',
  'command',
  'entrypoint',
  'user',
  'mem_limit',
  'cpus',
  'labels',
  'label_file',
  'networks',
  'restart',
  'stop_grace_period',
  'stop_signal',
  'healthcheck',
  'working_dir',
  'tmpfs',
  ...FILE_KEYS,
  ...HOST_KEYS,
  ...DEVICE_KEYS,
  ...LIMIT_KEYS,
  ...WORLD_KEYS,
]

const MIN_MEMORY_BYTES = 6 * 1024 * 1024
export function readContainer(reader: Reader, keys: ReadonlyMap<string, Field>): ContainerSettings {
  const files = readMountedFiles(reader, keys)
  const { requiredSources = [], ...volumes } = readVolumes(
    reader,
    keys.get('volumes'),
    keys.get('tmpfs'),
  )
  const required = [...requiredSources, ...files.sources]
  const command = words(reader, keys.get('command'))
  const entrypoint = words(reader, keys.get('entrypoint'))
  const user = reader.text(keys.get('user'))
  const memoryBytes = bytes(reader, unlessZero(reader, keys.get('mem_limit')))
  if (memoryBytes !== undefined && memoryBytes < MIN_MEMORY_BYTES) {
    problemAt(reader, keys.get('mem_limit'), `${memoryBytes} bytes is less than Docker's least, 6m`)
  }
  const cpus = number(reader, unlessZero(reader, keys.get('cpus')), {
    min: 0.01,
    max: 4096,
    whole: false,
  })
  const healthcheck = readHealthcheck(reader, keys.get('healthcheck'))
  const workingDir = matching(reader, keys.get('working_dir'), /^\//, 'a path from the root')
  const stopSignal = matching(
    reader,
    keys.get('stop_signal'),
    /^(?:SIG)?(?:[A-Z][A-Z0-9+-]{2,9}|[1-9]\d?)$/,
    'a signal',
    'write it like SIGINT or SIGQUIT',
  )
  return {
    ...readEnvironment(reader, keys.get('env_file'), keys.get('environment')),
    ...volumes,
    volumes: [...volumes.volumes, ...files.volumes],
    ...(required.length === 0 ? {} : { requiredSources: required }),
    ...(command === undefined ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(user === undefined ? {} : { user }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { nanoCpus: Math.round(cpus * 1e9) }),
    labels: readLabels(reader, keys.get('label_file'), keys.get('labels')),
    ...readNetworks(reader, keys.get('networks')),
    restart: readRestart(reader, keys),
    stopGraceMs: duration(reader, keys.get('stop_grace_period')) ?? 10_000,
    ...(stopSignal === undefined ? {} : { stopSignal }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...readHostSettings(reader, keys),
    ...readDevices(reader, keys),
    ...readLimits(reader, keys),
    ...readWorld(reader, keys),
    // last: by now all of it was read
    secretVariables: readSecretVariables(reader, keys),
  }
}

/** What says where things are, has its own rules, or is no part of the container. */
const PLACES = new Set([
  'image',
  ...PLACE_KEYS,
  'networks',
  'registries',
  'auth',
  'environment',
  'health',
])

function readSecretVariables(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): Record<string, string> {
  const elsewhere = [...keys].filter(([key]) => !PLACES.has(key))
  return Object.fromEntries(
    elsewhere
      .flatMap(([, field]) => [...reader.variablesIn(field)])
      .filter(([name, value]) => isSecret({ name, value, fromOutside: true })),
  )
}

/** A command as a list, or as one text with a shell's quotes. */
export function words(reader: Reader, field: Field | undefined): string[] | undefined {
  if (field === undefined) return undefined
  if (reader.isList(field)) return texts(reader, field)
  const text = reader.text(field)
  if (text === undefined) return undefined
  try {
    return splitWords(text)
  } catch (error) {
    reader.problem(field, error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function problemAt(reader: Reader, field: Field | undefined, message: string, hint?: string): void {
  if (field !== undefined) reader.problem(field, message, hint)
}
