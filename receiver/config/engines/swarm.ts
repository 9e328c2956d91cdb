import type { SwarmApp, SwarmFile, SwarmSettings } from '../../core/app.ts'
import { defined } from '../../core/defined.ts'
import { readContainer } from '../container.ts'
import { PLACE_KEYS } from '../domains.ts'
import { readHealth } from '../health.ts'
import { DOCKER_NETWORK } from '../networks.ts'
import { readPublish } from './published-port.ts'
import type { Field, Reader } from '../reader.ts'
import { boolean, matching, number, texts } from '../values.ts'

const MOST_REPLICAS = 10_000

/** What a task of the swarm can have of a container's settings. */
const TASK_KEYS = [
  'environment',
  'env_file',
  'volumes',
  'command',
  'entrypoint',
  'user',
  'mem_limit',
  'mem_reservation',
  'cpus',
  'pids_limit',
  'labels',
  'label_file',
  'networks',
  'restart',
  'stop_grace_period',
  'stop_signal',
  'healthcheck',
  'working_dir',
  'hostname',
  'tmpfs',
  'shm_size',
  'extra_hosts',
  'dns',
  'group_add',
  'ulimits',
  'sysctls',
  'init',
  'read_only',
  'cap_add',
  'cap_drop',
  'logging',
]

/** What an app says of a service that the receiver makes; of one that stands already they are its owner's. */
const OWN_KEYS = ['port', 'replicas', ...TASK_KEYS]

export const SWARM_KEYS = ['swarm', 'http', 'health', ...OWN_KEYS]

const NAME_HINT = 'as `docker service ls` shows it'

/** Reads what an app has that is a service of a swarm. */
export function readSwarm(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): Pick<SwarmApp, 'engine' | 'http' | 'container' | 'replicas' | 'health' | 'swarm'> {
  const swarm = readSettings(reader, keys)
  const http = boolean(reader, keys.get('http')) ?? swarm.publish !== undefined
  refuseWithout(reader, keys, { http, swarm })
  if (swarm.service !== undefined) refuseOfOwner(reader, keys, swarm.service)
  // what Docker would make on this machine says nothing of the nodes
  const container = readContainer({ ...reader, notice: () => {} }, keys)
  tellOfFolders(reader, keys.get('volumes'), container)
  return {
    engine: 'swarm',
    http,
    container: withNetworks(container, readSwarmNetworks(reader, keys)),
    replicas: number(reader, keys.get('replicas'), { min: 1, max: MOST_REPLICAS }) ?? 1,
    health: readHealth(reader, keys.get('health')),
    swarm,
  }
}

function readSettings(reader: Reader, app: ReadonlyMap<string, Field>): SwarmSettings {
  const keys = reader.mapping(app.get('swarm'), [
    'service',
    'publish',
    'placement',
    'networks',
    'secrets',
    'configs',
    'order',
    'parallelism',
  ])
  const placement = reader.mapping(keys.get('placement'), [
    'constraints',
    'spread',
    'max_replicas_per_node',
  ])
  const order = matching(
    reader,
    keys.get('order'),
    /^(?:start-first|stop-first)$/,
    'start-first or stop-first',
  )
  return {
    ...defined({
      service: matching(reader, keys.get('service'), DOCKER_NETWORK, 'a service', NAME_HINT),
      publish: readPublish(reader, keys.get('publish'), app.get('port')),
      order: order as SwarmSettings['order'],
      parallelism: number(reader, keys.get('parallelism'), { min: 0, max: MOST_REPLICAS }),
    }),
    placement: {
      constraints: texts(reader, placement.get('constraints')),
      spread: texts(reader, placement.get('spread')),
      maxPerNode: number(reader, placement.get('max_replicas_per_node'), { min: 0 }) ?? 0,
    },
    secrets: readFiles(reader, keys.get('secrets'), { mode: 0o444, at: '' }),
    configs: readFiles(reader, keys.get('configs'), { mode: 0o444, at: '/' }),
  }
}

/** Networks of the swarm: `networks` of the app says the same. */
const readSwarmNetworks = (reader: Reader, app: ReadonlyMap<string, Field>): string[] =>
  reader
    .list(reader.mapping(app.get('swarm')).get('networks'))
    .flatMap((item) => matching(reader, item, DOCKER_NETWORK, "a network's name") ?? [])

const withNetworks = (
  container: SwarmApp['container'],
  networks: readonly string[],
): SwarmApp['container'] => ({
  ...container,
  networks: [...new Set([...container.networks, ...networks])],
})

function readFiles(
  reader: Reader,
  field: Field | undefined,
  { mode, at }: { mode: number; at: string },
): SwarmFile[] {
  return reader.list(field).flatMap((item) => {
    const long = reader.isMapping(item)
      ? reader.mapping(item, ['source', 'target', 'uid', 'gid', 'mode'])
      : undefined
    const named = long === undefined ? item : long.get('source')
    const source = matching(reader, named, DOCKER_NETWORK, 'a name of letters, digits and . _ -')
    if (source === undefined) {
      if (reader.isNothing(named)) reader.problem(item, 'source is missing')
      return []
    }
    const octal = matching(
      reader,
      long?.get('mode'),
      /^0?o?[0-7]{3,4}$/,
      'a mode',
      'write it like 0440',
    )
    return {
      source,
      target: reader.text(long?.get('target')) ?? `${at}${source}`,
      uid: reader.text(long?.get('uid')) ?? '0',
      gid: reader.text(long?.get('gid')) ?? '0',
      mode: octal === undefined ? mode : Number.parseInt(octal.replace('o', ''), 8),
    }
  })
}

/** Docker makes a folder that is not there; a swarm does not, and has one at each node. */
function tellOfFolders(
  reader: Reader,
  field: Field | undefined,
  { volumes }: Pick<SwarmApp['container'], 'volumes'>,
): void {
  const folders = volumes.flatMap((each) =>
    each.startsWith('/') ? (each.split(':')[0] ?? []) : [],
  )
  if (field === undefined || folders.length === 0) return
  reader.notice(
    field,
    `${folders.join(', ')}: each node that may run it has to have that, with a content of its own; swarm.placement.constraints names the nodes`,
  )
}

/** Visitors come by a published port alone. */
function refuseWithout(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  { http, swarm }: { http: boolean; swarm: SwarmSettings },
): void {
  if (swarm.publish === undefined) {
    for (const key of PLACE_KEYS) {
      const field = keys.get(key)
      if (field === undefined || reader.isNothing(field)) continue
      reader.problem(
        field,
        'Nginx comes to a service of a swarm by its published port, and none is named',
        'write swarm: { publish: 8080 }',
      )
    }
    if (http) {
      const message = 'http: true, and no port is published'
      reader.problem(keys.get('http') ?? reader.root, message, 'write swarm: { publish: 8080 }')
    }
  }
  const healthPort = reader.mapping(keys.get('health')).get('port')
  if (healthPort !== undefined) {
    const message = 'a service of a swarm is asked at its published port'
    reader.problem(healthPort, message, 'leave health.port out; a healthcheck asks inside')
  }
  if (swarm.publish?.mode === 'host' && swarm.order === 'start-first') {
    const message = 'with mode: host old and new tasks cannot have the same port of a node at once'
    reader.problem(
      keys.get('swarm') ?? reader.root,
      message,
      'leave order out, or write stop-first',
    )
  }
}

/** Of a service that stands already the image alone is changed. */
function refuseOfOwner(reader: Reader, keys: ReadonlyMap<string, Field>, service: string): void {
  const swarm = reader.mapping(keys.get('swarm'))
  for (const [name, field] of [
    ...OWN_KEYS.filter((key) => key !== 'port').map((key) => [key, keys.get(key)] as const),
    ...['placement', 'networks', 'secrets', 'configs'].map((key) => [key, swarm.get(key)] as const),
  ]) {
    if (field === undefined || reader.isNothing(field)) continue
    reader.problem(
      field,
      `${name} is of a service that the receiver makes; of ${service} it changes the image alone`,
      `docker service update changes ${service}, or leave swarm.service out`,
    )
  }
}
