import type { Failure, OrderStatus, Phase } from '../../core/delegated/orchestrator.ts'
import type { DeployErrorCode } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'
import type { Service, Task } from './api.ts'
import type { GenerationIn } from './marks.ts'

const SHOWN_CHARACTERS = 500

const PHASES: Readonly<Record<string, Phase>> = {
  updating: 'updating',
  paused: 'paused',
  completed: 'settled',
  rollback_started: 'undoing',
  rollback_paused: 'stuck',
  rollback_completed: 'undone',
}

/** States before `running`, each as people say it. */
const ON_THE_WAY: Readonly<Record<string, string>> = {
  new: 'waits for a place',
  pending: 'waits for a place',
  assigned: 'was given a task',
  accepted: 'was given a task',
  preparing: 'has the image come',
  ready: 'is about to start it',
  starting: 'starts it',
}

/** Where the swarm itself says nothing. A container whose HEALTHCHECK fails is told to end, and may do so with 0. */
const WORDS: Readonly<Record<string, string>> = {
  complete: 'its HEALTHCHECK failed, or it ended by itself',
}

interface Readers {
  /** Of a node. */
  nameOf(id: string | undefined): string
  generationIn: GenerationIn
}

/** What a swarm has made of the order that stands. Nobody's word for it but the tasks' own. */
export function orderStatus(
  { Spec, UpdateStatus, ServiceStatus }: Pick<Service, 'Spec' | 'UpdateStatus' | 'ServiceStatus'>,
  tasks: readonly Task[],
  { nameOf, generationIn }: Readers,
): OrderStatus {
  const { Image: image } = Spec.TaskTemplate.ContainerSpec ?? {}
  const generation = generationIn(Spec.TaskTemplate.ContainerSpec)
  const isOfOrder = ({ Spec: { ContainerSpec } }: Task) =>
    ContainerSpec?.Image === image && generationIn(ContainerSpec) === generation
  const isRunning = ({ Status, DesiredState }: Task) =>
    Status.State === 'running' && DesiredState === 'running'
  const updated = tasks.filter((task) => isOfOrder(task) && isRunning(task)).length
  const old = tasks.filter((task) => !isOfOrder(task) && isRunning(task)).length
  // of a global service the manager counts the nodes
  const { Replicated } = Spec.Mode ?? {}
  const wanted = Replicated?.Replicas ?? ServiceStatus?.DesiredTasks ?? 0
  const noNode = Replicated === undefined && wanted === 0 ? 'no node takes a task of it' : undefined
  const said = PHASES[UpdateStatus?.State ?? '']
  return {
    generation,
    image,
    phase: said ?? (updated >= wanted && old === 0 ? 'settled' : 'updating'),
    wanted,
    updated,
    old,
    waits: waiting(tasks.filter(isOfOrder), nameOf) ?? noNode,
    failures: tasks
      .filter(hasFailed)
      .sort(byTime)
      .flatMap((task) => failureOf(task, { nameOf, generationIn })),
    says: UpdateStatus?.Message,
  }
}

function waiting(
  tasks: readonly Task[],
  nameOf: (node: string | undefined) => string,
): string | undefined {
  const first = tasks.find(
    ({ Status, DesiredState }) => Status.State in ON_THE_WAY && DesiredState !== 'shutdown',
  )
  if (first === undefined) return undefined
  const { State, Err = '' } = first.Status
  const what = `${first.NodeID === undefined || first.NodeID === '' ? 'a task' : nameOf(first.NodeID)} ${ON_THE_WAY[State]}`
  return Err === '' ? what : `${what}: ${shorten(Err, SHOWN_CHARACTERS)}`
}

/** One that was told to end, or to leave, has not failed. */
const hasFailed = ({ Status: { State }, DesiredState }: Task): boolean =>
  State === 'failed' || State === 'rejected' || (State === 'complete' && DesiredState !== 'remove')

/** The first is what it began with: what comes after it may be told to end. */
const byTime = (one: Task, other: Task) =>
  (one.Status.Timestamp ?? '') < (other.Status.Timestamp ?? '') ? -1 : 1

function failureOf(
  { ID, NodeID, Spec, Status }: Task,
  { nameOf, generationIn }: Readers,
): Failure | [] {
  const generation = generationIn(Spec.ContainerSpec)
  if (generation === undefined) return []
  const { State, Err = '', ContainerStatus } = Status
  const exitCode = ContainerStatus?.ExitCode
  return {
    instance: ID,
    generation,
    where: nameOf(NodeID),
    code: codeOf(State, Err),
    // the code follows by itself
    message:
      Err === ''
        ? (WORDS[State] ?? `the task is ${State}`)
        : shorten(Err.replace(` (${exitCode})`, ''), SHOWN_CHARACTERS),
    ...(State === 'rejected' || exitCode === undefined ? {} : { exitCode }),
  }
}

const NO_IMAGE =
  /no such image|manifest|pull access denied|access to the resource is denied|unauthorized/i

function codeOf(state: string, error: string): DeployErrorCode {
  if (state !== 'rejected') return error.includes('unhealthy container') ? 'unhealthy' : 'exited'
  // a network or a driver that a node has not is "not found", too
  return NO_IMAGE.test(error) ? 'image_missing' : 'start_failed'
}
