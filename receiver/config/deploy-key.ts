import type { Field, Reader } from './reader.ts'

/** Compose's own names of what `deploy` can say as well. */
const SAME = {
  limits: { cpus: 'cpus', memory: 'mem_limit', pids: 'pids_limit' },
  reservations: { memory: 'mem_reservation' },
} as const
const SWARM_ALONE = 'passed over: it is of Swarm alone'

/**
 * The keys of an app, with what its `deploy` says under the keys that say the same without it. Two that differ are a problem,
 * as in Compose.
 */
export function withDeploy(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): ReadonlyMap<string, Field> {
  const deploy = reader.mapping(keys.get('deploy'), [
    'mode',
    'replicas',
    'resources',
    'restart_policy',
    ...['endpoint_mode', 'labels', 'placement', 'rollback_config', 'update_config'],
  ])
  passOver(reader, deploy, 'endpoint_mode', SWARM_ALONE)
  passOver(reader, deploy, 'labels', SWARM_ALONE)
  passOver(reader, deploy, 'placement', SWARM_ALONE)
  const OWN_WAY = 'passed over: one slot is swapped for the other (watch, drain)'
  passOver(reader, deploy, 'rollback_config', OWN_WAY)
  passOver(reader, deploy, 'update_config', OWN_WAY)
  if (reader.text(deploy.get('mode')) === 'global') passOver(reader, deploy, 'mode', SWARM_ALONE)
  const all = new Map(keys)
  const resources = reader.mapping(deploy.get('resources'), ['limits', 'reservations'])
  const limits = reader.mapping(resources.get('limits'), ['cpus', 'memory', 'pids'])
  const reserved = reader.mapping(resources.get('reservations'), [
    ...['memory', 'devices', 'cpus', 'generic_resources'],
  ])
  passOver(reader, reserved, 'cpus', SWARM_ALONE)
  passOver(reader, reserved, 'generic_resources', SWARM_ALONE)
  for (const [from, names] of [
    [limits, SAME.limits],
    [reserved, SAME.reservations],
    [deploy, { replicas: 'scale' }],
  ] as const) {
    for (const [key, name] of Object.entries(names)) take(reader, all, name, from.get(key))
  }
  for (const [name, field] of [
    ['deploy.devices', reserved.get('devices')],
    ['deploy.restart_policy', deploy.get('restart_policy')],
  ] as const) {
    if (field !== undefined) all.set(name, field)
  }
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

function passOver(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  key: string,
  why: string,
): void {
  const field = keys.get(key)
  if (field !== undefined && !reader.isNothing(field)) reader.notice(field, why)
}
