import type { Field, Reader } from './reader.ts'

const SWARM_ALONE = 'passed over: it is of Swarm alone'
const OWN_WAY = 'passed over: one slot is swapped for the other (watch, drain)'

/** What is passed over within `deploy`, each with why. */
const PASSED_OVER = {
  endpoint_mode: SWARM_ALONE,
  labels: SWARM_ALONE,
  placement: SWARM_ALONE,
  rollback_config: OWN_WAY,
  update_config: OWN_WAY,
  'resources.reservations.cpus': SWARM_ALONE,
  'resources.reservations.generic_resources': SWARM_ALONE,
} as const

/** What is said within `deploy`, under the keys that say the same without it. */
export const SAME_IN_DEPLOY = {
  'resources.limits.cpus': 'cpus',
  'resources.limits.memory': 'mem_limit',
  'resources.limits.pids': 'pids_limit',
  'resources.reservations.memory': 'mem_reservation',
  replicas: 'scale',
} as const

/** The keys of `deploy`, and of what lies in it. */
const KEYS = {
  '': [
    'mode',
    'replicas',
    'resources',
    'restart_policy',
    'endpoint_mode',
    'labels',
    'placement',
    'rollback_config',
    'update_config',
  ],
  resources: ['limits', 'reservations'],
  'resources.limits': ['cpus', 'memory', 'pids'],
  'resources.reservations': ['cpus', 'memory', 'devices', 'generic_resources'],
} as const

/**
 * The keys of an app, with what its `deploy` says: as `deploy.restart_policy`, and under the keys that say the same. Two that
 * differ are a problem, as in Compose.
 */
export function withDeploy(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): ReadonlyMap<string, Field> {
  const all = new Map(keys)
  const within = (path: string) => all.get(path === '' ? 'deploy' : `deploy.${path}`)
  for (const [path, known] of Object.entries(KEYS)) {
    for (const [key, field] of reader.mapping(within(path), known)) {
      all.set(['deploy', ...(path === '' ? [] : [path]), key].join('.'), field)
    }
  }
  for (const [path, why] of Object.entries(PASSED_OVER)) notice(reader, within(path), why)
  if (reader.text(within('mode')) === 'global') notice(reader, within('mode'), SWARM_ALONE)
  for (const [path, name] of Object.entries(SAME_IN_DEPLOY)) take(reader, all, name, within(path))
  take(reader, all, 'replicas', all.get('scale'))
  return all
}

function take(
  reader: Reader,
  keys: Map<string, Field>,
  name: string,
  field: Field | undefined,
): void {
  if (field === undefined || reader.isNothing(field)) return
  const other = keys.get(name)
  if (other === undefined || reader.isNothing(other)) keys.set(name, field)
  else if (reader.text(other) !== reader.text(field)) {
    reader.problem(field, `${name} says something else`, 'write one of both')
  }
}

function notice(reader: Reader, field: Field | undefined, why: string): void {
  if (field !== undefined && !reader.isNothing(field)) reader.notice(field, why)
}
