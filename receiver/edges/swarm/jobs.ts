import type Docker from 'dockerode'
import type { Clock } from '../../core/clock.ts'
import { DeployError } from '../../core/errors.ts'
import type { AuthConfig } from '../docker/auth-config.ts'
import { statusOf } from '../docker/errors.ts'
import { escapeControls } from '../docker/log.ts'
import type { Service, Spec, SwarmApi, Task } from './api.ts'
import { explain } from './errors.ts'
import { deploymentIn } from './marks.ts'
import { readServiceLog } from './task-log.ts'

const LOOK_MS = 500
/** What a command printed comes after its end: the manager asks the node for it. */
const LAST_LINES_MS = 30_000

export interface JobOptions {
  name: string
  labels: Readonly<Record<string, string>>
  command: readonly string[]
  timeoutMs: number
  output: (line: string) => void
  auth: AuthConfig | undefined
  signal: AbortSignal
}

/**
 * Runs a command to its end as a job of the swarm: on whatever node has room, with all that the tasks of a service have. Called again
 * after a crash, it goes on with the one that runs, or tells what came of it. Throws `release_failed`.
 */
export async function runJob(
  spec: Spec,
  options: JobOptions,
  {
    docker,
    swarm,
    clock,
  }: { docker: Docker; swarm: SwarmApi; clock: Pick<Clock, 'since' | 'sleep'> },
): Promise<{ exitCode: number }> {
  const { name, auth, command, timeoutMs, output, signal } = options
  const what = `the command ${JSON.stringify(command.join(' '))}`
  const left = await leftOf(spec, name, swarm)
  if (left === undefined) await begin(jobSpec(spec, options), auth, what, swarm)
  const createdAt = left?.CreatedAt ?? (await swarm.service(name))?.CreatedAt
  const printed = follow(docker, name, output, signal)
  for (;;) {
    const task = newest(await swarm.tasks(name))
    const ended = task && endOf(task, what)
    if (ended !== undefined) {
      await printed.end()
      return ended
    }
    if (createdAt === undefined || clock.since(createdAt) > timeoutMs) {
      await printed.end()
      await swarm.remove(name)
      const waits = task?.Status.Err ?? ''
      throw new DeployError(
        'release_failed',
        `${what} was not done within ${timeoutMs / 1000} s and was stopped${waits === '' ? '' : `: ${waits}`}`,
        { hint: 'give it more time: release: { command: …, timeout: 30m }' },
      )
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** One of that name that another receiver left, or this one before its record was put back, is not the one that was ordered. */
async function leftOf(spec: Spec, name: string, swarm: SwarmApi): Promise<Service | undefined> {
  const found = await swarm.service(name)
  const of = ({ TaskTemplate }: Spec) => deploymentIn(TaskTemplate.ContainerSpec)
  if (found === undefined || of(found.Spec) === of(spec)) return found
  await swarm.remove(name)
  return undefined
}

async function begin(
  spec: Spec,
  auth: AuthConfig | undefined,
  what: string,
  swarm: SwarmApi,
): Promise<void> {
  try {
    await swarm.create(spec, auth)
  } catch (error) {
    // 409: it was begun before
    if (statusOf(error) !== 409) throw explain(error, `cannot run ${what}`)
  }
}

/** Hands on what a job prints while it runs, and at its end what of it was not heard. */
function follow(
  docker: Docker,
  name: string,
  output: (line: string) => void,
  signal: AbortSignal,
): { end(): Promise<void> } {
  const over = new AbortController()
  let told = 0
  const read = async (isFollowed: boolean, until: AbortSignal) => {
    let count = 0
    const options = { follow: isFollowed, signal: until }
    for await (const { text } of readServiceLog(docker, name, options)) {
      count += 1
      if (count <= told) continue
      told = count
      output(escapeControls(text))
    }
  }
  // the log is an extra: what came of the command is told by its task
  const heard = read(true, AbortSignal.any([signal, over.signal])).catch(() => {})
  return {
    async end() {
      over.abort()
      await heard
      await read(false, AbortSignal.any([signal, AbortSignal.timeout(LAST_LINES_MS)])).catch(
        () => {},
      )
    },
  }
}

/** After a change of leaders a job that failed may have been begun once more. */
const newest = (tasks: readonly Task[]): Task | undefined =>
  tasks.toSorted((one, other) => (one.CreatedAt < other.CreatedAt ? 1 : -1))[0]

const jobSpec = ({ TaskTemplate }: Spec, { name, labels, command }: JobOptions): Spec => ({
  Name: name,
  Labels: { ...labels },
  TaskTemplate: {
    ...TaskTemplate,
    ContainerSpec: {
      ...TaskTemplate.ContainerSpec,
      Args: [...command],
      HealthCheck: { Test: ['NONE'] },
    },
    RestartPolicy: { Condition: 'none' },
  },
  Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
})

function endOf({ Status }: Task, what: string): { exitCode: number } | undefined {
  const { State, Err = '', ContainerStatus } = Status
  if (State === 'complete') return { exitCode: 0 }
  if (State === 'failed') return { exitCode: ContainerStatus?.ExitCode ?? 1 }
  if (State !== 'rejected') return undefined
  throw new DeployError('release_failed', `${what} could not be started: ${Err}`)
}
