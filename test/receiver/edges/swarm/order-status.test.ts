import { describe, expect, test } from 'vitest'
import type { Service, Task } from '../../../../receiver/edges/swarm/api.ts'
import { markReader, marksOf } from '../../../../receiver/edges/swarm/marks.ts'
import { orderStatus } from '../../../../receiver/edges/swarm/order-status.ts'
import { SWARM_APP } from '../../../support/swarm-app.ts'

const digest = `sha256:${'1'.repeat(64)}`
const Image = `registry.example/acme/api@${digest}`
const order = {
  app: SWARM_APP,
  deployment: 'dep_3',
  generation: 3,
  repository: 'registry.example/acme/api',
  digest,
}
const container = { Image, Labels: marksOf(order) }

/** What is said of a service as it stands, by a receiver whose third deployment has that id. */
function look(
  {
    Mode = { Replicated: { Replicas: 2 } },
    tasks = [],
  }: Partial<Service['Spec']> & {
    tasks?: Task[]
  },
  { third = 'dep_3', desired = 0 } = {},
) {
  const generationIn = markReader(
    ({ app, generation, deployment }) => app === 'api' && generation === 3 && deployment === third,
  )
  const Spec = { Name: 'api', Mode, TaskTemplate: { ContainerSpec: container } }
  const service = { Spec, ServiceStatus: { DesiredTasks: desired } }
  return orderStatus(service, tasks, { nameOf: () => 'node-1', generationIn })
}

const task = (Status: Task['Status'], DesiredState = 'running'): Task => ({
  ID: 'task-1',
  CreatedAt: '2026-01-01T00:00:00Z',
  NodeID: 'n1',
  DesiredState,
  Spec: { ContainerSpec: container },
  Status,
})
const running = task({ State: 'running' })

describe('the order that stands', () => {
  test('is ours by its generation and its deployment', () => {
    expect(look({ tasks: [running] })).toMatchObject({ generation: 3, updated: 1, old: 0 })
  })

  test('of the same generation and another record is somebody else’s', () => {
    const failed = task({ State: 'failed', Err: 'task: non-zero exit (1)' })
    const { generation, failures, updated } = look({ tasks: [running, failed] }, { third: 'dep_x' })
    expect([generation, failures, updated]).toEqual([undefined, [], 1])
  })
})

describe('a service that is to have no task', () => {
  test('waits for nothing when somebody scaled it to 0', () => {
    const { wanted, phase, waits } = look({ Mode: { Replicated: { Replicas: 0 } } })
    expect([wanted, phase, waits]).toEqual([0, 'settled', undefined])
  })

  test('waits for a node when it is to run on each', () => {
    expect(look({ Mode: { Global: {} } }).waits).toBe('no node takes a task of it')
    expect(look({ Mode: { Global: {} }, tasks: [running] }, { desired: 1 }).waits).toBeUndefined()
  })
})

test.for([
  ['No such image: registry.example/acme/api@sha256:11', 'image_missing'],
  ['pull access denied for acme/api, repository does not exist', 'image_missing'],
  ['network front not found', 'start_failed'],
  ['error looking up logging plugin gelf: plugin "gelf" not found', 'start_failed'],
  ['invalid mount config for type "bind": bind source path does not exist: /x', 'start_failed'],
] as const)('a task that was rejected since %s failed as %s', ([Err, code]) => {
  expect(look({ tasks: [task({ State: 'rejected', Err })] }).failures).toMatchObject([{ code }])
})
