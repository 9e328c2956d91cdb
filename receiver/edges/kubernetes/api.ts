import type { Response } from 'undici'
import type { KubernetesSettings } from '../../core/app.ts'
import type { Connection } from './connection.ts'
import { ApiError } from './errors.ts'
import type { Happening, Job, List, Pod, ReplicaSet, Workload } from './objects.ts'

const CALL_MS = 15_000
/** A thousand pods are ten. */
const LONGEST_BYTES = 32 * 1024 * 1024
const MOST_EVENTS = 50

/** By these our own fields of a workload are known. */
export const FIELD_MANAGER = 'deploy-receiver'

export const PLURAL = {
  deployment: 'deployments',
  statefulset: 'statefulsets',
  daemonset: 'daemonsets',
} as const
export const KIND = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
} as const

type Which = KubernetesSettings['workload']
type Query = Readonly<Record<string, string | undefined>>

/** The few calls of the API that a deployment takes, in one namespace. Each throws `ApiError`, or what `fetch` does. */
export type KubernetesApi = ReturnType<typeof kubernetesApi>

export function kubernetesApi(connection: Connection, namespace: string) {
  const core = `/api/v1/namespaces/${encodeURIComponent(namespace)}`
  const apps = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`
  const batch = `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}`

  const call = async <T>(
    method: string,
    path: string,
    { query = {}, body, type = 'application/json', signal }: Call = {},
  ): Promise<T> => {
    const response = await connection.fetch(withQuery(path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      withinMs: CALL_MS,
      ...(signal === undefined ? {} : { signal }),
    })
    const text = await readText(response)
    if (!response.ok) throw new ApiError(response.status, statusIn(text))
    return JSON.parse(text) as T
  }

  const workloads = ({ kind }: Pick<Which, 'kind'>) => `${apps}/${PLURAL[kind]}`
  const workload = (which: Which) => `${workloads(which)}/${encodeURIComponent(which.name)}`
  const onlyIt = ({ name }: Which) => ({ fieldSelector: `metadata.name=${name}` })

  return {
    namespace,
    paths: {
      workloads,
      pods: `${core}/pods`,
      replicaSets: `${apps}/replicasets`,
    },
    workload: (which: Which) => call<Workload>('GET', workload(which)),
    /** It alone, as a list: so it can be watched with the rights for one object. */
    workloadList: (which: Which) =>
      call<List<Workload>>('GET', workloads(which), { query: onlyIt(which) }),
    applyWorkload: (
      which: Which,
      body: object,
      { force, signal }: { force: boolean; signal: AbortSignal },
    ) =>
      call<Workload>('PATCH', workload(which), {
        query: { fieldManager: FIELD_MANAGER, force: String(force) },
        body: { apiVersion: 'apps/v1', kind: KIND[which.kind], ...body },
        // JSON is YAML
        type: 'application/apply-patch+yaml',
        signal,
      }),
    pods: (labelSelector: string) =>
      call<List<Pod>>('GET', `${core}/pods`, { query: { labelSelector } }),
    /** This very pod: a StatefulSet gives its name to the next one. Of another one the API server says 409. */
    deletePod: ({ name, uid }: { name: string; uid: string }) =>
      call<unknown>('DELETE', `${core}/pods/${encodeURIComponent(name)}`, {
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
      }),
    replicaSets: (labelSelector: string) =>
      call<List<ReplicaSet>>('GET', `${apps}/replicasets`, { query: { labelSelector } }),
    /** What went wrong with an object lately, the newest last. */
    async warnings(uid: string): Promise<Happening[]> {
      const fieldSelector = `involvedObject.uid=${uid},type=Warning`
      const query = { fieldSelector, limit: String(MOST_EVENTS) }
      const { items } = await call<List<Happening>>('GET', `${core}/events`, { query })
      return items.toSorted((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1))
    },
    job: (name: string) => call<Job>('GET', `${batch}/jobs/${encodeURIComponent(name)}`),
    jobs: (labelSelector: string) =>
      call<List<Job>>('GET', `${batch}/jobs`, { query: { labelSelector } }),
    createJob: (body: object, signal: AbortSignal) =>
      call<Job>('POST', `${batch}/jobs`, {
        query: { fieldManager: FIELD_MANAGER },
        body: { apiVersion: 'batch/v1', kind: 'Job', ...body },
        signal,
      }),
    deleteJob: (name: string) =>
      call<unknown>('DELETE', `${batch}/jobs/${encodeURIComponent(name)}`, {
        query: { propagationPolicy: 'Background' },
      }),
    /** Opens what is told of objects from a moment on: a line of JSON for each change. */
    async watch(
      path: string,
      query: Query,
      signal: AbortSignal,
    ): Promise<AsyncIterable<Uint8Array>> {
      const asked = { ...query, watch: 'true', allowWatchBookmarks: 'true' }
      const response = await connection.fetch(withQuery(path, asked), { signal })
      if (!response.ok) throw new ApiError(response.status, statusIn(await readText(response)))
      return response.body ?? emptyBody()
    },
    /** Opens what a pod's container prints, as it comes. */
    async log(pod: string, options: LogRequest): Promise<AsyncIterable<Uint8Array>> {
      const { signal, container, ...rest } = options
      const response = await connection.fetch(
        withQuery(`${core}/pods/${encodeURIComponent(pod)}/log`, {
          container,
          ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value)])),
        }),
        { signal },
      )
      if (!response.ok) throw new ApiError(response.status, statusIn(await readText(response)))
      return response.body ?? emptyBody()
    },
    /** Whether we may do something. Everybody may ask this. */
    async may(resourceAttributes: object): Promise<boolean> {
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' }
      const { status } = await call<{ status?: { allowed?: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { body: { ...review, spec: { resourceAttributes: { namespace, ...resourceAttributes } } } },
      )
      return status?.allowed === true
    },
    version: () => call<{ gitVersion?: string }>('GET', '/version'),
  }
}

interface Call {
  query?: Query
  body?: object
  type?: string
  signal?: AbortSignal
}

export interface LogRequest {
  container: string
  tailLines?: number
  sinceTime?: string
  previous?: boolean
  timestamps?: boolean
  follow?: boolean
  signal: AbortSignal
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as [string, string]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? emptyBody()) {
    length += part.byteLength
    if (length > LONGEST_BYTES) throw new Error(`an answer of more than ${LONGEST_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** A proxy in between answers in words of its own. */
function statusIn(text: string): ConstructorParameters<typeof ApiError>[1] {
  try {
    const status = JSON.parse(text) as unknown
    return typeof status === 'object' && status !== null ? status : {}
  } catch {
    return { message: text }
  }
}

const timeOf = ({ lastTimestamp, eventTime }: Happening) => lastTimestamp ?? eventTime ?? ''

/** `app=web,tier in (a,b),!old`. */
export function selectorOf({
  matchLabels = {},
  matchExpressions = [],
}: Workload['spec']['selector']): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
  })
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...expressions,
  ].join(',')
}
