/** Of the API's objects what is read here. Times are RFC 3339. */
export interface Meta {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Readonly<Record<string, string>>
  annotations?: Readonly<Record<string, string>>
  ownerReferences?: readonly { kind: string; name: string; uid: string; controller?: boolean }[]
  managedFields?: readonly { manager?: string; fieldsV1?: unknown }[]
}

export interface Container {
  name: string
  image?: string
  command?: readonly string[]
  args?: readonly string[]
  /** `Always`, of an init container: it stays beside the others. */
  restartPolicy?: string
  resources?: { limits?: { memory?: string } }
  volumeMounts?: readonly { name: string }[]
}

export interface PodSpec {
  containers: readonly Container[]
  initContainers?: readonly Container[]
  volumes?: readonly { name: string }[]
  nodeName?: string
  terminationGracePeriodSeconds?: number
}

export interface PodTemplate {
  metadata?: Partial<Pick<Meta, 'annotations' | 'labels'>>
  spec: PodSpec
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

/** A Deployment, StatefulSet or DaemonSet. */
export interface Workload {
  metadata: Meta
  spec: {
    replicas?: number
    paused?: boolean
    selector: Selector
    template: PodTemplate
    strategy?: { type?: string }
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } }
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    conditions?: readonly Condition[]
    desiredNumberScheduled?: number
    currentNumberScheduled?: number
    updatedNumberScheduled?: number
    numberAvailable?: number
  }
}

export interface Selector {
  matchLabels?: Readonly<Record<string, string>>
  matchExpressions?: readonly {
    key: string
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    values?: readonly string[]
  }[]
}

export interface ReplicaSet {
  metadata: Meta
}

export interface Pod {
  metadata: Meta
  spec: PodSpec
  status?: {
    phase?: string
    reason?: string
    message?: string
    conditions?: readonly Condition[]
    containerStatuses?: readonly ContainerStatus[]
    initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface ContainerStatus {
  name: string
  ready: boolean
  restartCount: number
  state?: ContainerState
  lastState?: ContainerState
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string }
  running?: object
  terminated?: Ended
}

export interface Ended {
  exitCode: number
  reason?: string
  message?: string
  finishedAt?: string
}

export interface Happening {
  reason?: string
  message?: string
  type?: string
  count?: number
  lastTimestamp?: string
  eventTime?: string
}

export interface Job {
  metadata: Meta
  status?: { succeeded?: number; failed?: number; conditions?: readonly Condition[] }
}

export interface List<T> {
  metadata: { resourceVersion?: string }
  items: T[]
}
