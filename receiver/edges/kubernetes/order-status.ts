import type { KubernetesApp } from '../../core/app.ts'
import type { Failure, IsOurs, OrderStatus, Phase } from '../../core/delegated/orchestrator.ts'
import { chosenBy, chosenOf, contentOf, imagesOf, namesOf } from './images.ts'
import { instanceId } from './instance-id.ts'
import { deploymentIn, generationIn } from './marks.ts'
import type { Condition, Happening, Pod, PodTemplate, Workload } from './objects.ts'
import { hasEnded, isLeaving, isReady } from './pod-state.ts'
import { type Trouble, troubleOf } from './pod-trouble.ts'

/** A workload with its own pods, and what went wrong with each object, by uid. */
export interface Observed {
  workload: Workload
  pods: readonly Pod[]
  warnings: ReadonlyMap<string, readonly Happening[]>
}

/** What a cluster has made of the order that stands: by the workload's own counts, and by the pods. */
export function orderStatus(
  app: KubernetesApp,
  isOurs: IsOurs,
  { workload, pods, warnings }: Observed,
): OrderStatus {
  const { template } = workload.spec
  const generation = generationIn(app, template, isOurs)
  const [image] = Object.values(imagesOf(chosenOf(app, template.spec))).toReversed()
  const isSeen = isTakenUp(workload)
  const counts = countsOf(app, workload, { isSeen })
  const ofOrder = pods.filter(
    (pod) => isOf(app, pod, template) && !isLeaving(pod) && !hasEnded(pod),
  )
  const ready = ofOrder.filter(isReady).length
  const updated = isSeen ? Math.min(ready, counts.updated) : 0
  const troubles = pods.flatMap((pod) => {
    const trouble = troubleOf(pod, warnings.get(pod.metadata.uid) ?? [])
    return trouble === undefined ? [] : [{ pod, trouble }]
  })
  const isWhole =
    isSeen && updated >= counts.wanted && counts.old === 0 && counts.available >= counts.wanted
  const late = isSeen && !isWhole ? tooLate(workload) : undefined
  const isWaiting = ({ pod, trouble }: (typeof troubles)[number]) =>
    trouble.kind === 'waits' && !isLeaving(pod) && !hasEnded(pod)
  const waiting = troubles.find((each) => isWaiting(each) && ofOrder.includes(each.pod))
  // a StatefulSet goes no further while one of before is not ready
  const older = troubles.find((each) => isWaiting(each) && !ofOrder.includes(each.pod))
  const waits =
    (isSeen ? undefined : 'the cluster has not taken it up yet') ??
    refusal(workload, pods, warnings) ??
    keptBack(workload) ??
    waiting?.trouble.message ??
    (isWhole || older === undefined ? undefined : `one of before: ${older.trouble.message}`)
  return {
    generation,
    image,
    phase: phaseOf(workload, { isWhole, isLate: late !== undefined }),
    wanted: counts.wanted,
    updated,
    old: counts.old,
    waits,
    ...waitsAt(waiting),
    failures: troubles.flatMap(({ pod, trouble }): Failure[] => {
      const of = podGeneration(app, pod, { template, isOurs })
      if (trouble.kind !== 'failed' || of === undefined) return []
      const { code, message, exitCode, container, previous } = trouble
      return [
        {
          instance: instanceId({ pod: pod.metadata.name, container, previous }),
          generation: of,
          where: pod.spec.nodeName ?? 'no node',
          code,
          message,
          ...(exitCode === undefined ? {} : { exitCode }),
        },
      ]
    }),
    says:
      workload.spec.paused === true
        ? 'it is paused: kubectl rollout resume goes on'
        : late && [late, waits ?? []].flat().join('; '),
  }
}

/** Its controller knows of the last change. */
export const isTakenUp = ({ status, metadata }: Workload): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)

function waitsAt(found: { pod: Pod; trouble: Trouble } | undefined): { waitsAt?: string } {
  if (found?.trouble.kind !== 'waits' || found.trouble.container === undefined) return {}
  const { pod, trouble } = found
  const { container = '' } = trouble
  return { waitsAt: instanceId({ pod: pod.metadata.name, container, previous: false }) }
}

interface Counts {
  wanted: number
  updated: number
  old: number
  available: number
}

/** By its own account, which is that of before until it has seen what it is told. */
function countsOf(
  {
    kubernetes: {
      workload: { kind },
    },
  }: KubernetesApp,
  { spec, status = {} }: Workload,
  { isSeen }: { isSeen: boolean },
): Counts {
  if (kind === 'daemonset') {
    const { desiredNumberScheduled: wanted = 0, currentNumberScheduled: all = 0 } = status
    const { updatedNumberScheduled: updated = 0, numberAvailable: available = 0 } = status
    return isSeen
      ? { wanted, updated, old: Math.max(0, all - updated), available }
      : { wanted, updated: 0, old: all, available }
  }
  const {
    replicas: all = 0,
    updatedReplicas = 0,
    readyReplicas = 0,
    availableReplicas = 0,
  } = status
  const replicas = spec.replicas ?? 1
  if (kind === 'statefulset') {
    // below the partition pods stay as they are, on purpose
    const kept = Math.min(replicas, spec.updateStrategy?.rollingUpdate?.partition ?? 0)
    const wanted = replicas - kept
    const updated = isSeen ? updatedReplicas : 0
    return {
      wanted,
      updated,
      old: Math.max(0, all - kept - updated),
      available: Math.max(0, readyReplicas - kept),
    }
  }
  const updated = isSeen ? updatedReplicas : 0
  return {
    wanted: replicas,
    updated,
    old: Math.max(0, all - updated),
    available: availableReplicas,
  }
}

function phaseOf(
  { spec }: Workload,
  { isWhole, isLate }: { isWhole: boolean; isLate: boolean },
): Phase {
  if (isWhole) return 'settled'
  if (spec.paused === true) return 'paused'
  return isLate ? 'stuck' : 'updating'
}

const conditionOf = ({ status }: Workload, type: string): Condition | undefined =>
  status?.conditions?.find((each) => each.type === type)

/** After its own `progressDeadlineSeconds`. */
function tooLate(workload: Workload): string | undefined {
  const { status, reason, message } = conditionOf(workload, 'Progressing') ?? {}
  return status === 'False' && reason === 'ProgressDeadlineExceeded'
    ? (message ?? reason)
    : undefined
}

/** A quota or a webhook that lets no pod be made. */
function refusal(
  workload: Workload,
  pods: readonly Pod[],
  warnings: Observed['warnings'],
): string | undefined {
  const { status, message } = conditionOf(workload, 'ReplicaFailure') ?? {}
  if (status === 'True') return `no pod can be made: ${message ?? ''}`
  const said = warnings
    .get(workload.metadata.uid)
    ?.findLast(({ reason }) => reason === 'FailedCreate')
  // it is remembered for an hour: what was made since says that it is over
  const newest =
    pods
      .map(({ metadata }) => metadata.creationTimestamp ?? '')
      .sort()
      .at(-1) ?? ''
  if ((said?.lastTimestamp ?? said?.eventTime ?? newest) < newest) return undefined
  return said === undefined ? undefined : `no pod can be made: ${said.message ?? ''}`
}

/** The order that a pod is of, by the containers that are the app's in the template. */
export const podGeneration = (
  app: KubernetesApp,
  pod: Pod,
  { template, isOurs }: { template: PodTemplate; isOurs: IsOurs },
): number | undefined => generationIn(app, pod, isOurs, chosenBy(namesOf(app, template), pod.spec))

/** A partition that no pod is above of. */
function keptBack({ spec }: Workload): string | undefined {
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0
  const replicas = spec.replicas ?? 1
  return partition > 0 && replicas > 0 && partition >= replicas
    ? `partition ${partition} keeps all ${replicas} pods as they are`
    : undefined
}

/** Of the same order as a template, and of the same images. */
function isOf(app: KubernetesApp, pod: Pod, template: PodTemplate): boolean {
  const own = imagesOf(chosenOf(app, template.spec))
  const its = imagesOf(chosenBy(Object.keys(own), pod.spec))
  return (
    deploymentIn(pod) === deploymentIn(template) &&
    Object.entries(own).every(([name, image]) => contentOf(its[name] ?? '') === contentOf(image))
  )
}
