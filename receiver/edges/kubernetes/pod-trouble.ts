import type { DeployErrorCode } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'
import { isReady } from './pod-state.ts'
import type { ContainerStatus, Ended, Happening, Pod } from './objects.ts'

const SHOWN_CHARACTERS = 500

/** What is wrong with a pod: it failed for good, or it waits for something that may come. */
export type Trouble =
  | {
      kind: 'failed'
      code: DeployErrorCode
      message: string
      exitCode?: number
      container: string
      previous: boolean
    }
  | {
      kind: 'waits'
      message: string
      /** One that runs and is not ready. */
      container?: string
    }

/** Words of a registry after which trying again is of no use. */
const FOR_GOOD: readonly { when: RegExp; code: DeployErrorCode }[] = [
  {
    when: /no match for platform|no matching manifest|exec format error/i,
    code: 'platform_missing',
  },
  {
    when: /manifest unknown|not found|name unknown|does not exist|invalid reference/i,
    code: 'image_missing',
  },
  {
    when: /unauthorized|authentication required|denied|no basic auth credentials|forbidden/i,
    code: 'registry_denied',
  },
]

/** States of a container that is not started, which stay so until somebody changes something. */
const REFUSED = new Set([
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'StartError',
])

/** What a kubelet says when its node is busy: it tries again, and succeeds. */
const PASSES = /deadline exceeded|timed out|timeout|is reserved for|try again|connection refused/i

/**
 * Why a pod is not ready, in the words of whoever knows: the kubelet, the scheduler, the registry, the probe.
 * @param events that went wrong with it, the newest last
 */
export function troubleOf(pod: Pod, events: readonly Happening[]): Trouble | undefined {
  const {
    metadata: { name },
    spec,
    status = {},
  } = pod
  const { initContainerStatuses = [], containerStatuses = [] } = status
  for (const each of [...initContainerStatuses, ...containerStatuses]) {
    const failed = failedContainer(each, spec, events)
    if (failed !== undefined)
      return { ...failed, message: `pod ${name}, container ${each.name}: ${failed.message}` }
  }
  if (isReady(pod)) return undefined
  const placed = status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (placed?.status === 'False')
    return waits(name, `finds no node: ${placed.message ?? placed.reason ?? ''}`)
  for (const { name: container, state = {}, ready } of [
    ...initContainerStatuses,
    ...containerStatuses,
  ]) {
    const { waiting, running } = state
    if (waiting?.reason !== undefined && waiting.reason !== 'PodInitializing') {
      return waits(
        name,
        `${container}: ${[waiting.reason, last(events, PULLING) ?? waiting.message].filter(Boolean).join(': ')}`,
      )
    }
    const init = initContainerStatuses.some((each) => each.name === container)
      ? spec.initContainers?.find((each) => each.name === container)
      : undefined
    // one that stays beside the others (a native sidecar)
    if (init?.restartPolicy === 'Always' && running !== undefined) continue
    const isInit = init !== undefined
    if (running !== undefined && isInit) return waits(name, `${container}, an init container, runs`)
    if (running !== undefined && !ready) {
      const said = `${container} runs and is not ready${colon(last(events, PROBING))}`
      return { ...waits(name, said), container }
    }
  }
  // a volume that cannot be mounted, a network that is not there
  return waits(name, `is started${colon(last(events, /./))}`)
}

const PULLING = /^failed to pull/i
const PROBING = /probe failed|probe errored/i

const colon = (text: string | undefined) => (text === undefined ? '' : `: ${text}`)

const last = (events: readonly Happening[], words: RegExp): string | undefined =>
  events.findLast(({ message = '' }) => words.test(message.slice(0, SHOWN_CHARACTERS)))?.message

const waits = (pod: string, message: string): Extract<Trouble, { kind: 'waits' }> => ({
  kind: 'waits',
  message: shorten(`pod ${pod} ${message}`, SHOWN_CHARACTERS),
})

type Failed = Extract<Trouble, { kind: 'failed' }>

function failedContainer(
  { name, state = {}, lastState = {}, restartCount, ready }: ContainerStatus,
  spec: Pod['spec'],
  events: readonly Happening[],
): Failed | undefined {
  const failed = (code: DeployErrorCode, message: string): Failed => ({
    kind: 'failed',
    code,
    message: shorten(message, SHOWN_CHARACTERS),
    container: name,
    previous: false,
  })
  const { waiting, terminated } = state
  const { reason = '', message = '' } = waiting ?? {}
  const why = message || last(events, /./)
  if (REFUSED.has(reason) && !PASSES.test((why ?? '').slice(0, SHOWN_CHARACTERS))) {
    return failed('start_failed', `${reason}${colon(why)}`)
  }
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') {
    const words = [message, last(events, PULLING) ?? ''].join(' ').slice(0, 4 * SHOWN_CHARACTERS)
    const rule = FOR_GOOD.find(({ when }) => when.test(words))
    if (rule !== undefined)
      return failed(rule.code, last(events, PULLING) ?? `${reason}: ${message}`)
  }
  const ended = terminated ?? lastState.terminated
  if (ended === undefined) return undefined
  // one that runs again may be ready by now; the next time it is not there yet
  const isKilledForMemory = ended.reason === 'OOMKilled' && !ready
  const goesOn = waiting === undefined && terminated === undefined
  // one restart may be an app that waits for its database; what backs off has crashed again
  if (reason !== 'CrashLoopBackOff' && !isKilledForMemory) return undefined
  return {
    ...failed('exited', wordsFor(ended, { name, restartCount, spec })),
    exitCode: ended.exitCode,
    // what runs again has a log of its own by now
    previous: goesOn || terminated === undefined,
  }
}

function wordsFor(
  { reason = '', message = '' }: Ended,
  { name, restartCount, spec }: { name: string; restartCount: number; spec: Pod['spec'] },
): string {
  const times = restartCount > 1 ? `, ${restartCount} restarts` : ''
  if (reason === 'OOMKilled') {
    const container = [...spec.containers, ...(spec.initContainers ?? [])].find(
      (each) => each.name === name,
    )
    const limit = container?.resources?.limits?.memory
    return `killed for using more memory than ${limit === undefined ? 'there is' : `its limit of ${limit}`} (OOMKilled${times})`
  }
  const why =
    message === '' ? (reason === 'Completed' ? 'it ended by itself' : 'it crashes') : message
  return `${why}${times}`
}
