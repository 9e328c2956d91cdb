import { describe, expect, test } from 'vitest'
import { marksOf } from '../../../../receiver/edges/kubernetes/marks.ts'
import type {
  ContainerState,
  Happening,
  Pod,
  Workload,
} from '../../../../receiver/edges/kubernetes/objects.ts'
import { orderStatus } from '../../../../receiver/edges/kubernetes/order-status.ts'
import { KUBERNETES_APP as app } from '../../../support/kubernetes-app.ts'

const digest = `sha256:${'1'.repeat(64)}`
const image = `${app.image.repository}@${digest}`
const annotations = marksOf({
  app,
  deployment: 'dep_3',
  generation: 3,
  repository: app.image.repository,
  digest,
})
const template = { metadata: { annotations }, spec: { containers: [{ name: 'web', image }] } }

const workloadOf = (
  status: Workload['status'],
  spec: Partial<Workload['spec']> = {},
): Workload => ({
  metadata: { name: 'api', uid: 'w', resourceVersion: '1', generation: 2 },
  spec: { replicas: 2, selector: {}, template, ...spec },
  status: { observedGeneration: 2, ...status },
})
const whole = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }

const podOf = (
  name: string,
  {
    state = { running: {} },
    lastState = {},
    restartCount = 0,
    ready = true,
    conditions = [],
  }: {
    state?: ContainerState
    lastState?: ContainerState
    restartCount?: number
    ready?: boolean
    conditions?: NonNullable<Pod['status']>['conditions'] & object
  } = {},
): Pod => ({
  metadata: { name, uid: name, resourceVersion: '1', annotations },
  spec: { ...template.spec, nodeName: 'node-1' },
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }, ...conditions],
    containerStatuses: [{ name: 'web', ready, restartCount, state, lastState }],
  },
})

const look = (
  workload: Workload,
  pods: readonly Pod[] = [podOf('web-1'), podOf('web-2')],
  {
    events = {},
    of = app,
    third = 'dep_3',
  }: { events?: Record<string, Happening[]>; of?: typeof app; third?: string } = {},
) =>
  orderStatus(of, ({ generation, deployment }) => generation === 3 && deployment === third, {
    workload,
    pods,
    warnings: new Map(Object.entries(events)),
  })

describe('the order that stands', () => {
  test('is whole when the workload and its pods say so', () => {
    expect(look(workloadOf(whole))).toEqual({
      generation: 3,
      image,
      phase: 'settled',
      wanted: 2,
      updated: 2,
      old: 0,
      waits: undefined,
      failures: [],
      says: undefined,
    })
  })

  test('is not believed before the cluster has seen it', () => {
    const { phase, updated, old, waits } = look(workloadOf({ ...whole, observedGeneration: 1 }))
    expect([phase, updated, old, waits]).toEqual([
      'updating',
      0,
      2,
      'the cluster has not taken it up yet',
    ])
  })

  test('is somebody else’s when the image is another, or the deployment is on no record', () => {
    const other = {
      ...template,
      spec: { containers: [{ name: 'web', image: `${app.image.repository}:latest` }] },
    }
    const changed = look(workloadOf(whole, { template: other }))
    expect([changed.generation, changed.image]).toEqual([
      undefined,
      `${app.image.repository}:latest`,
    ])
    expect(look(workloadOf(whole), [], { third: 'dep_x' }).generation).toBeUndefined()
  })

  test('has pods of before while they are there', () => {
    const { updated, old, phase } = look(workloadOf({ ...whole, replicas: 3 }))
    expect([updated, old, phase]).toEqual([2, 1, 'updating'])
  })

  test('goes no further when it is paused, or its own deadline is over', () => {
    const behind = { ...whole, updatedReplicas: 1 }
    expect(look(workloadOf(behind, { paused: true })).phase).toBe('paused')
    const late = {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'has timed out',
    }
    expect(look(workloadOf({ ...behind, conditions: [late] }))).toMatchObject({
      phase: 'stuck',
      says: 'has timed out',
    })
  })
})

test.for<[string, 'statefulset' | 'daemonset', Workload, [number, number, number, string]]>([
  [
    'below a partition pods stay',
    'statefulset',
    workloadOf(
      { replicas: 3, updatedReplicas: 1, readyReplicas: 3 },
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    ),
    [1, 1, 0, 'settled'],
  ],
  [
    'each node has one',
    'daemonset',
    workloadOf({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 1,
      numberAvailable: 2,
    }),
    [2, 1, 1, 'updating'],
  ],
  ['no node is to have one', 'daemonset', workloadOf({}), [0, 0, 0, 'settled']],
])('of other kinds it is counted as they count: %s', ([, kind, workload, counts]) => {
  const of = { ...app, kubernetes: { workload: { kind, name: 'api' } } }
  const { wanted, updated, old, phase } = look(workload, [podOf('web-0')], { of })
  expect([wanted, Math.min(updated, wanted), old, phase]).toEqual(counts)
})

test('an image that a webhook leads elsewhere in the pod is the same by its digest', () => {
  const pod = podOf('web-1')
  const led = {
    ...pod,
    spec: { ...pod.spec, containers: [{ name: 'web', image: `mirror.local/x@${digest}` }] },
  }
  expect(look(workloadOf({ ...whole, updatedReplicas: 1 }), [led]).updated).toBe(1)
})

describe('what keeps it', () => {
  const behind = workloadOf({ ...whole, updatedReplicas: 1, availableReplicas: 1 })
  const waits = (pod: Pod, events: Happening[] = []) =>
    look(behind, [pod], { events: { 'web-1': events } }).waits
  const failure = (pod: Pod, events: Happening[] = []) =>
    look(behind, [pod], { events: { 'web-1': events } }).failures[0]

  test('is said by the scheduler', () => {
    const message = '0/1 nodes are available: 1 Insufficient memory.'
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
    expect(waits(podOf('web-1', { ready: false, state: {}, conditions }))).toBe(
      `pod web-1 finds no node: ${message}`,
    )
  })

  test('is said by the probe', () => {
    const message = 'Readiness probe failed: HTTP probe failed with statuscode: 503'
    expect(waits(podOf('web-1', { ready: false }), [{ reason: 'Unhealthy', message }])).toBe(
      `pod web-1 web runs and is not ready: ${message}`,
    )
  })

  test('is said by whoever lets no pod be made', () => {
    const message = 'pods "web-3" is forbidden: exceeded quota: small'
    const refused = workloadOf({
      ...whole,
      updatedReplicas: 0,
      conditions: [{ type: 'ReplicaFailure', status: 'True', message }],
    })
    expect(look(refused, []).waits).toBe(`no pod can be made: ${message}`)
    expect(look(behind, [], { events: { w: [{ reason: 'FailedCreate', message }] } }).waits).toBe(
      `no pod can be made: ${message}`,
    )
  })

  test.for<[string, Parameters<typeof podOf>[1], Happening[], object]>([
    [
      'an image that is not there',
      {
        ready: false,
        state: {
          waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` },
        },
      },
      [{ reason: 'Failed', message: 'Failed to pull image: manifest unknown' }],
      {
        code: 'image_missing',
        instance: 'web-1/web',
        message: expect.stringContaining('manifest unknown'),
      },
    ],
    [
      'a secret that is not there',
      {
        ready: false,
        state: {
          waiting: { reason: 'CreateContainerConfigError', message: 'secret "db" not found' },
        },
      },
      [],
      { code: 'start_failed', message: expect.stringContaining('secret "db" not found') },
    ],
    [
      'one that crashes',
      {
        ready: false,
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 7, reason: 'Error' } },
      },
      [],
      {
        code: 'exited',
        exitCode: 7,
        instance: 'web-1/web/before',
        message: 'pod web-1, container web: it crashes, 2 restarts',
      },
    ],
    [
      'one that takes too much memory',
      {
        ready: false,
        restartCount: 1,
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      },
      [],
      { code: 'exited', exitCode: 137, message: expect.stringContaining('OOMKilled') },
    ],
  ])('ends it: %s', ([, pod, events, expected]) => {
    expect(failure(podOf('web-1', pod), events)).toMatchObject({
      generation: 3,
      where: 'node-1',
      ...expected,
    })
  })

  test('is said by the registry, not by what the kubelet says of it', () => {
    const state = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }
    const events = [
      { reason: 'Failed', message: 'Failed to pull image "x": manifest unknown' },
      { reason: 'Failed', message: 'Error: ErrImagePull' },
      { reason: 'Failed', message: 'Error: ImagePullBackOff' },
    ]
    expect(failure(podOf('web-1', { ready: false, state }), events)?.message).toContain(
      'manifest unknown',
    )
  })

  test('may pass: a node that is busy, one that ran out of memory and is ready again', () => {
    const message = 'context deadline exceeded'
    const state = { waiting: { reason: 'CreateContainerError', message } }
    const busy = podOf('web-1', { ready: false, state })
    expect([failure(busy), waits(busy)]).toEqual([undefined, expect.stringContaining(message)])
    const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } }
    expect(failure(podOf('web-1', { restartCount: 1, lastState }))).toBeUndefined()
  })

  test('is not a sidecar that stays, nor a pod that was evicted', () => {
    const pod = podOf('web-1', { ready: false })
    const sidecar = { name: 'proxy', image: 'proxy', restartPolicy: 'Always' }
    const beside = {
      ...pod,
      spec: { ...pod.spec, initContainers: [sidecar] },
      status: {
        ...pod.status,
        initContainerStatuses: [
          { name: 'proxy', ready: true, restartCount: 0, state: { running: {} } },
        ],
      },
    }
    expect(waits(beside)).toContain('web runs and is not ready')
    expect(waits({ ...pod, status: { ...pod.status, phase: 'Failed' } })).toBeUndefined()
  })

  test('is an old quota no more when pods were made since', () => {
    const events = {
      w: [{ reason: 'FailedCreate', message: 'quota', lastTimestamp: '2026-01-01T00:00:00Z' }],
    }
    const pod = podOf('web-1')
    const made = {
      ...pod,
      metadata: { ...pod.metadata, creationTimestamp: '2026-01-01T00:10:00Z' },
    }
    expect(look(behind, [made], { events }).waits).toBeUndefined()
  })

  test('may pass: a registry that does not answer, a first crash', () => {
    const pulling = {
      ready: false,
      state: { waiting: { reason: 'ErrImagePull', message: 'dial tcp: i/o timeout' } },
    }
    expect(failure(podOf('web-1', pulling))).toBeUndefined()
    expect(waits(podOf('web-1', pulling))).toContain('i/o timeout')
    const once = { ready: false, restartCount: 1, lastState: { terminated: { exitCode: 1 } } }
    expect(failure(podOf('web-1', once))).toBeUndefined()
  })
})
