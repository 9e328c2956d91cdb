import type { DockerApp } from '../../core/app.ts'
import { COMPOSE_KEYS, readOtherKeys } from '../compose-keys.ts'
import { CONTAINER_KEYS, readContainer } from '../container.ts'
import { withDeploy } from '../deploy-key.ts'
import { PLACE_KEYS } from '../domains.ts'
import { readHealth } from '../health.ts'
import type { Field, Reader } from '../reader.ts'
import { boolean, duration, matching, number, port } from '../values.ts'

/** A slot's addresses are few, and so are a VM's cores. */
const MOST_REPLICAS = 32

/** Keys of a service of Compose's. */
export const SERVICE_KEYS = ['image', 'scale', 'deploy', ...CONTAINER_KEYS, ...COMPOSE_KEYS]

export const DOCKER_KEYS = [
  'port',
  'http',
  'strategy',
  'health',
  'drain',
  'drain_balancer',
  'replicas',
  'warm',
  ...SERVICE_KEYS.filter((key) => key !== 'image'),
]

/** Reads what an app has that runs in two slots on this machine. */
export function readDocker(
  reader: Reader,
  given: ReadonlyMap<string, Field>,
): Pick<
  DockerApp,
  | 'engine'
  | 'port'
  | 'http'
  | 'strategy'
  | 'container'
  | 'replicas'
  | 'health'
  | 'drainMs'
  | 'drainBalancerMs'
  | 'warmMs'
  | 'project'
> {
  const keys = withDeploy(reader, given)
  const appPort = port(reader, keys.get('port'))
  const http = boolean(reader, keys.get('http')) ?? true
  if (!http) refuseForWorker(reader, keys)
  readOtherKeys(reader, keys)
  const drainBalancerMs = duration(reader, keys.get('drain_balancer')) ?? 0
  const strategy = matching(
    reader,
    keys.get('strategy'),
    /^(?:blue-green|recreate)$/,
    'blue-green or recreate',
  )
  return {
    engine: 'docker',
    ...(appPort === undefined ? {} : { port: appPort }),
    http,
    ...(strategy === undefined ? {} : { strategy: strategy as 'blue-green' | 'recreate' }),
    container: readContainer(reader, keys),
    replicas: number(reader, keys.get('replicas'), { min: 1, max: MOST_REPLICAS }) ?? 1,
    health: readHealth(reader, keys.get('health')),
    drainMs: duration(reader, keys.get('drain')) ?? 30_000,
    ...(drainBalancerMs === 0 ? {} : { drainBalancerMs }),
    warmMs: readWarm(reader, keys.get('warm'), { http, recreate: strategy === 'recreate' }),
  }
}

function readWarm(
  reader: Reader,
  field: Field | undefined,
  { http, recreate }: { http: boolean; recreate: boolean },
): number {
  const warmMs = duration(reader, field) ?? 0
  if (field !== undefined && warmMs > 0 && (!http || recreate)) {
    reader.problem(
      field,
      http
        ? 'an app with strategy: recreate cannot run twice'
        : 'a worker kept warm would go on working',
      'leave warm out: a rollback starts the old version again',
    )
  }
  return warmMs
}

/** Keys that say where requests go, for an app that gets none. */
function refuseForWorker(reader: Reader, keys: ReadonlyMap<string, Field>): void {
  const health = reader.mapping(keys.get('health'))
  for (const field of [
    ...[...PLACE_KEYS, 'port', 'drain_balancer'].map((key) => keys.get(key)),
    ...['path', 'port', 'headers'].map((key) => health.get(key)),
  ]) {
    if (field === undefined) continue
    reader.problem(
      field,
      'a worker (http: false) gets no requests',
      'it is healthy when its healthcheck says so, else when it runs steadily',
    )
  }
}
