import { createHash } from 'node:crypto'
import type { KubernetesApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import type { Order } from '../../core/delegated/orchestrator.ts'
import { DeployError } from '../../core/errors.ts'
import { jobOutput, type ReadOutput } from '../job-output.ts'
import type { KubernetesApi } from './api.ts'
import { ApiError, explain, isForbidden, isMissing } from './errors.ts'
import { requireChosen } from './images.ts'
import type { Container, Job, Pod, Workload } from './objects.ts'
import { containerOf } from './own-container.ts'
import { podLines } from './pod-log.ts'
import { troubleOf } from './pod-trouble.ts'

const LOOK_MS = 500
/** A cluster takes away what nobody took: two hours are enough to look at it. */
const KEPT_SECONDS = 7200
const LONGEST_NAME = 63

const LABEL = {
  by: 'app.kubernetes.io/managed-by',
  installation: 'deploy-receiver/installation',
  app: 'deploy-receiver/app',
  command: 'deploy-receiver/command',
} as const

export interface Command {
  name: string
  command: readonly string[]
  timeoutMs: number
  output: (line: string) => void
  signal: AbortSignal
}

interface Around {
  api: KubernetesApi
  installation: string
  clock: Pick<Clock, 'since' | 'sleep' | 'now'>
}

/**
 * Runs a command to its end as a Job: a pod as the workload's are, with the container of the app alone, by the labels of none. Called
 * again after a crash, it goes on with the one that runs, or tells what came of it. Throws `release_failed`, `forbidden`.
 */
export async function runJob(
  order: Order<KubernetesApp>,
  options: Command,
  { api, installation, clock }: Around,
): Promise<{ exitCode: number }> {
  const { command, timeoutMs, output, signal } = options
  const what = `the command ${JSON.stringify(command.join(' '))}`
  const name = jobName(order, options.name)
  const container = await containerOf(order.app, api)
  const left = await begin(order, options, { name, api, installation })
  // the cluster's clock is believed of what is older than we are alone
  const createdAt = left?.metadata.creationTimestamp ?? clock.now()
  const printed = jobOutput(output, signal)
  const readOf =
    (pod: Pod): ReadOutput =>
    (how) =>
      podLines(api, { pod: pod.metadata.name, container }, how)
  for (;;) {
    const seen = await lookAt(name, container, api).catch(unlessAway)
    if (seen?.ended !== undefined) {
      if (seen.pod !== undefined) await printed.end(readOf(seen.pod))
      if (seen.ended.why !== undefined) output(seen.ended.why)
      return { exitCode: seen.ended.exitCode }
    }
    if (seen?.pod?.status?.phase === 'Running') printed.begin(readOf(seen.pod))
    if (seen?.failed !== undefined || clock.since(createdAt) > timeoutMs) {
      if (seen?.pod !== undefined) await printed.end(readOf(seen.pod))
      await removeJob(api, name)
      throw seen?.failed === undefined
        ? tooLate(what, timeoutMs, seen?.waits)
        : new DeployError('release_failed', `${what} could not be run: ${seen.failed}`)
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

interface Seen {
  pod?: Pod
  ended?: { exitCode: number; why?: string }
  /** It will not run. */
  failed?: string
  waits?: string
}

/** What there is of a Job, by its pod, and where it has none by itself. */
async function lookAt(name: string, container: string, api: KubernetesApi): Promise<Seen> {
  const [pod] = (await api.pods(`job-name=${name}`)).items
  if (pod === undefined) {
    const job = await api.job(name).catch((error: unknown) => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (job === undefined) return { failed: 'somebody removed its Job' }
    const { metadata, status } = job
    const failed = status?.conditions?.find(
      ({ type, status: is }) => type === 'Failed' && is === 'True',
    )
    if (failed !== undefined)
      return { failed: failed.message ?? failed.reason ?? 'its pod is gone' }
    const refused = (await api.warnings(metadata.uid).catch(() => [])).at(-1)?.message
    return refused === undefined ? {} : { waits: refused }
  }
  const ended = endOf(pod, container)
  if (ended !== undefined) return { pod, ended }
  const trouble = troubleOf(pod, await api.warnings(pod.metadata.uid).catch(() => []))
  if (trouble === undefined) return { pod }
  const { kind, message } = trouble
  return kind === 'failed' ? { pod, failed: message } : { pod, waits: message }
}

/** A cluster that is away for a moment is looked for again: the command runs on. */
function unlessAway(error: unknown): undefined {
  if (explain(error, 'cannot look at a command').code !== 'engine_unreachable') throw error
}

/** Removes the Jobs of those commands of an app that are to go. Whoever may not have any has made none. */
export async function removeJobs(
  app: string,
  isToGo: (command: string) => boolean,
  { api, installation }: Pick<Around, 'api' | 'installation'>,
): Promise<void> {
  const labels = `${LABEL.installation}=${installation},${LABEL.app}=${app}`
  try {
    const { items } = await api.jobs(labels)
    for (const { metadata } of items) {
      if (isToGo(metadata.labels?.[LABEL.command] ?? '')) await removeJob(api, metadata.name)
    }
  } catch (error) {
    if (!isForbidden(error)) throw explain(error, `cannot remove the commands of ${app}`)
  }
}

async function removeJob(api: KubernetesApi, name: string): Promise<void> {
  await api.deleteJob(name).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** The workload's name shows in `kubectl get jobs`; a digest of the order makes it one of a kind. */
function jobName({ app, deployment }: Order<KubernetesApp>, name: string): string {
  const end = `-${name}-${createHash('sha256').update(deployment).digest('hex').slice(0, 8)}`
  return `${app.kubernetes.workload.name.replaceAll('.', '-').slice(0, LONGEST_NAME - end.length)}${end}`
}

/** Resolves to the Job when it was there already. */
async function begin(
  order: Order<KubernetesApp>,
  { name: command, command: args, timeoutMs, signal }: Command,
  { name, api, installation }: { name: string; api: KubernetesApi; installation: string },
): Promise<Job | undefined> {
  const { app } = order
  const labels = {
    [LABEL.by]: 'deploy-receiver',
    [LABEL.installation]: installation,
    [LABEL.app]: app.name,
    [LABEL.command]: command,
  }
  try {
    const standing = await api.workload(app.kubernetes.workload)
    const spec = podOf(standing, order, args)
    const body = {
      metadata: { name, labels },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: Math.ceil(timeoutMs / 1000) + 60,
        ttlSecondsAfterFinished: KEPT_SECONDS,
        template: { metadata: { labels }, spec },
      },
    }
    await api.createJob(body, signal)
    return undefined
  } catch (error) {
    // it was begun before
    if (error instanceof ApiError && error.status === 409) return api.job(name)
    throw explain(error, `cannot run ${JSON.stringify(args.join(' '))} as a Job`)
  }
}

/**
 * As a pod of the workload: its service account, its volumes, its place, and of its containers the app's with another command. What of
 * a container is for visitors or for checks is left out, and so are claims that a StatefulSet makes for each of its pods.
 */
function podOf(
  { spec: { template } }: Workload,
  order: Order<KubernetesApp>,
  args: readonly string[],
) {
  const { containers, initContainers } = requireChosen(order.app, template.spec, order.app.name)
  const [chosen] = [...containers, ...initContainers]
  const {
    ports: _p,
    livenessProbe: _l,
    readinessProbe: _r,
    startupProbe: _s,
    lifecycle: _c,
    ...rest
  } = chosen as Container & Record<string, unknown>
  const { initContainers: _i, ...pod } = template.spec
  const there = new Set((pod.volumes ?? []).map(({ name }) => name))
  const container = {
    ...rest,
    image: `${order.repository}@${order.digest}`,
    command: [...args],
    args: [],
    volumeMounts: (rest.volumeMounts ?? []).filter(({ name }) => there.has(name)),
  }
  return { ...pod, containers: [container], restartPolicy: 'Never' }
}

/** The pod's own end is its container's: a Job says it later. */
function endOf({ status }: Pod, container: string): Seen['ended'] {
  const own = status?.containerStatuses?.find(({ name }) => name === container)
  const ended = own?.state?.terminated
  if (ended !== undefined) {
    const { exitCode, reason } = ended
    return reason === 'OOMKilled'
      ? { exitCode, why: 'killed for using too much memory (OOMKilled)' }
      : { exitCode }
  }
  if (status?.phase !== 'Failed') return undefined
  return { exitCode: 1, why: [status.reason, status.message].filter(Boolean).join(': ') }
}

const tooLate = (what: string, timeoutMs: number, waits = '') =>
  new DeployError(
    'release_failed',
    `${what} was not done within ${timeoutMs / 1000} s and was stopped${waits === '' ? '' : `: ${waits}`}`,
    { hint: 'give it more time: release: { command: …, timeout: 30m }' },
  )
