import type { KubernetesApp, KubernetesSettings, PublishedPort } from '../../core/app.ts'
import { defined } from '../../core/defined.ts'
import { readContainer } from '../container.ts'
import { PLACE_KEYS } from '../domains.ts'
import { readHealth } from '../health.ts'
import type { Field, Reader } from '../reader.ts'
import { boolean, matching } from '../values.ts'
import { readPublish } from './published-port.ts'

export const KUBERNETES_KEYS = ['kubernetes', 'http', 'health']

const KINDS = ['deployment', 'statefulset', 'daemonset'] as const
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const WORKLOAD = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const CONTEXT = /^\P{Cc}{1,253}$/u

/** Reads what an app has that is a workload of a cluster. All of a container's settings are its manifest's. */
export function readKubernetes(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): Pick<KubernetesApp, 'engine' | 'http' | 'container' | 'replicas' | 'health' | 'kubernetes'> {
  const kubernetes = readSettings(reader, keys)
  const http = boolean(reader, keys.get('http')) ?? kubernetes.publish !== undefined
  if (kubernetes.publish === undefined) refuseVisitors(reader, keys, http)
  const healthPort = reader.mapping(keys.get('health')).get('port')
  if (healthPort !== undefined) {
    const message = 'a workload of a cluster is asked at its published port'
    reader.problem(healthPort, message, 'leave health.port out; a readinessProbe asks inside')
  }
  return {
    engine: 'kubernetes',
    http,
    container: readContainer(reader, new Map()),
    replicas: 1,
    health: readHealth(reader, keys.get('health')),
    kubernetes,
  }
}

function readSettings(reader: Reader, app: ReadonlyMap<string, Field>): KubernetesSettings {
  const field = app.get('kubernetes')
  const keys = reader.mapping(field, ['namespace', 'context', 'container', 'publish', ...KINDS])
  return {
    workload: readWorkload(reader, field ?? reader.root, keys),
    ...defined({
      namespace: matching(reader, keys.get('namespace'), LABEL, "a namespace's name"),
      context: matching(reader, keys.get('context'), CONTEXT, 'a context', CONTEXT_HINT),
      container: matching(reader, keys.get('container'), LABEL, "a container's name"),
      publish: readNodePort(reader, keys.get('publish')),
    }),
  }
}

const CONTEXT_HINT = '`kubectl config get-contexts` shows them'

function readWorkload(
  reader: Reader,
  field: Field,
  keys: ReadonlyMap<string, Field>,
): KubernetesSettings['workload'] {
  const named = KINDS.filter((kind) => !reader.isNothing(keys.get(kind)))
  const [kind = 'deployment', second] = named
  if (named.length === 0) {
    const message = 'no workload is named'
    reader.problem(field, message, 'write kubernetes: { deployment: web }')
  }
  if (second !== undefined) {
    const message = `${kind} and ${second} are named, and an app is one of them`
    reader.problem(keys.get(second) ?? field, message, 'give each an entry of its own in apps')
  }
  const name = matching(
    reader,
    keys.get(kind),
    WORKLOAD,
    `a ${kind}'s name`,
    `as \`kubectl get ${kind}\` shows it`,
  )
  return { kind, name: name ?? '' }
}

/** Each node leads to all pods, or by `externalTrafficPolicy: Local` to its own: how, is the Service's matter. */
function readNodePort(reader: Reader, field: Field | undefined): PublishedPort | undefined {
  if (field !== undefined && reader.isMapping(field)) {
    const mode = reader.mapping(field).get('mode')
    if (mode !== undefined) {
      reader.problem(
        mode,
        'mode is not for engine: kubernetes',
        'a NodePort is as its Service says',
      )
    }
  }
  return readPublish(reader, field, undefined)
}

/** Nginx on this machine leads to a NodePort alone; by an Ingress visitors come without it. */
function refuseVisitors(reader: Reader, keys: ReadonlyMap<string, Field>, http: boolean): void {
  const hint = 'leave it out where an Ingress serves it, or write kubernetes: { publish: 30080 }'
  for (const key of [...PLACE_KEYS, 'site', 'tls']) {
    const field = keys.get(key)
    if (field === undefined || reader.isNothing(field)) continue
    const message = `${key} is for Nginx on this machine, which comes to a cluster by a NodePort, and none is named`
    reader.problem(field, message, hint)
  }
  if (http)
    reader.problem(keys.get('http') ?? reader.root, 'http: true, and no port is published', hint)
}
