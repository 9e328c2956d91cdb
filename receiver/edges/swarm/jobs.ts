import type Docker from 'dockerode'
import type { Clock } from '../../core/clock.ts'
import { DeployError } from '../../core/errors.ts'
import type { AuthConfig } from '../docker/auth-config.ts'
import { statusOf } from '../docker/errors.ts'
import { jobOutput, type ReadOutput } from '../job-output.ts'
import type { Service, Spec, SwarmApi, Task } from './api.ts'
import { explain } from './errors.ts'
import { deploymentIn } from './marks.ts'
import { readServiceLog } from './task-log.ts'

const LOOK_MS = 500

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
  const read: ReadOutput = (how) => readServiceLog(docker, name, how)
  const printed = jobOutput(output, signal)
  printed.begin(read)
  for (;;) {
    const task = newest(await swarm.tasks(name))
    const ended = task && endOf(task, what)
    if (ended !== undefined) {
      await printed.end(read)
      return ended
    }
    if (createdAt === undefined || clock.since(createdAt) > timeoutMs) {
      await printed.end(read)
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
