import type { ContainerSettings } from '../../core/slots/container-settings.ts'
import { CONTAINER_KEYS } from '../container.ts'
import { withDeploy } from '../deploy-key.ts'
import { readDocker } from '../engines/docker.ts'
import { plainEnvironment } from '../environment.ts'
import type { Field, Reader } from '../reader.ts'

/** What may be said of its container in place of what the app says, or beside it. */
export const SETTINGS_KEYS = [...CONTAINER_KEYS, 'port', 'health', 'strategy']

/** What of the app is the preview's too, unless `previews` says it: how its image is run, and limits. Nothing that gives a right. */
const INHERITED_KEYS = [
  'port',
  'health',
  'strategy',
  'command',
  'entrypoint',
  'user',
  'working_dir',
  'tmpfs',
  'healthcheck',
  'stop_signal',
  'stop_grace_period',
  'restart',
  'init',
  'read_only',
  'shm_size',
  'ulimits',
  'cap_drop',
  'platform',
  'pids_limit',
  'mem_limit',
  'mem_reservation',
  'memswap_limit',
  'mem_swappiness',
  'cpus',
  'cpuset',
  'cpu_shares',
  'cpu_period',
  'cpu_quota',
]

const MEMORY_BYTES = 512 * 1024 * 1024
const NANO_CPUS = 1e9
const PIDS = 512
const DRAIN_MS = 10_000

/** What a preview runs with, by the readers of any app. */
export function readSettings(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  own: ReadonlyMap<string, Field>,
): Omit<ReturnType<typeof readDocker>, 'project'> {
  const parents = withDeploy(reader, keys)
  const inherited = new Map(
    INHERITED_KEYS.flatMap((key) => {
      const each = own.has(key) ? undefined : parents.get(key)
      return each === undefined ? [] : [[key, each] as const]
    }),
  )
  const said = [...own].filter(([key]) => SETTINGS_KEYS.includes(key))
  const { project: _none, ...settings } = readDocker(reader, new Map([...inherited, ...said]))
  for (const [key, each] of inherited) refuseVariables(reader, key, each)
  const { secretHeaders } = settings.health
  const health = inherited.get('health')
  if (health !== undefined && secretHeaders.length > 0) {
    const message = `a secret of the app stands in it (${secretHeaders.join(', ')}), which previews do not get`
    reader.problem(health, message, 'write previews.health, with what previews may know')
  }
  refuseShared(reader, own.get('volumes'), settings.container)
  const environment = plainEnvironment(reader, keys.get('environment'))
  return {
    ...settings,
    drainMs: DRAIN_MS,
    container: limited({
      ...settings.container,
      environment: { ...environment, ...settings.container.environment },
    }),
  }
}

/** What this machine fills in is nothing for whoever opens a pull request. */
function refuseVariables(reader: Reader, key: string, field: Field): void {
  const names = [...reader.variablesIn(field).keys()]
  if (names.length === 0) return
  reader.problem(
    field,
    `\${${names.join('}, ${')}} stands in it, and previews get no variable of this machine by themselves`,
    `write previews.${key}, with what previews may know`,
  )
}

/** One would have the data of the others. */
function refuseShared(
  reader: Reader,
  field: Field | undefined,
  { volumes }: ContainerSettings,
): void {
  const named = volumes.find((volume) => !volume.startsWith('/'))
  if (field === undefined || named === undefined) return
  const [, path = ''] = named.split(':')
  reader.problem(
    field,
    `all previews would share the volume of ${named}`,
    `write ${path} alone: each has one of its own there, which goes with it`,
  )
}

/** Nobody reviewed what runs in it. */
export function limited(container: ContainerSettings): ContainerSettings {
  const { memoryReservationBytes: reserved = 0, cpuPeriodUs, cpuQuotaUs } = container
  const hasCpus = cpuPeriodUs !== undefined || cpuQuotaUs !== undefined
  return {
    memoryBytes: Math.max(MEMORY_BYTES, reserved),
    ...(hasCpus ? {} : { nanoCpus: NANO_CPUS }),
    pidsLimit: PIDS,
    ...container,
  }
}
