import type { Clock } from '../../core/clock.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import type { KubernetesApi } from './api.ts'
import { explain, isForbidden } from './errors.ts'
import { createMerge } from './merge.ts'
import { podLines } from './pod-log.ts'

/** Pods are looked for again so often while their logs are followed. */
const NEW_PODS_MS = 1000

export type Line = LogLine & { instance: string }

/** What a container of pods prints, as it comes; with `follow` also of those that are listed later, until the signal aborts. */
export async function* linesOfPods(
  api: KubernetesApi,
  container: string,
  {
    listed,
    clock,
    ...options
  }: LogRequestOf & { listed: () => Promise<string[]>; clock: Pick<Clock, 'sleep'> },
): AsyncGenerator<Line> {
  const { follow, signal } = options
  const merge = createMerge<Line>()
  const known = new Set(await listed())
  const add = (pod: string, from: LogRequestOf) =>
    merge.add(linesOf(api, { pod, container }, { ...from, clock, isThere: () => known.has(pod) }))
  for (const pod of known) add(pod, options)
  const goOn = async () => {
    for (;;) {
      await clock.sleep(NEW_PODS_MS, signal)
      const now = await listed().catch(() => undefined)
      if (now === undefined) continue
      for (const pod of known) if (!now.includes(pod)) known.delete(pod)
      for (const pod of now) {
        if (known.has(pod)) continue
        known.add(pod)
        // of those that come later all is told
        add(pod, { follow, signal })
      }
    }
  }
  if (follow) {
    const release = merge.hold()
    void goOn()
      .catch(() => {})
      .finally(release)
  }
  yield* merge.read()
}

/**
 * What a pod prints. One that is followed is asked again when its log ends, as long as it is there: it may not have started yet, or start
 * anew, and a stream that is silent is cut after some minutes. What cannot be had of one pod is no matter of the others.
 */
async function* linesOf(
  api: KubernetesApi,
  printed: { pod: string; container: string },
  {
    clock,
    isThere,
    ...options
  }: LogRequestOf & { clock: Pick<Clock, 'sleep'>; isThere: () => boolean },
): AsyncGenerator<Line> {
  const { follow, signal } = options
  let from = options
  let last = ''
  for (;;) {
    // what is read again begins with what was told; by its own two writers a pod's lines may be out of order
    let isKnown = last !== ''
    try {
      for await (const line of podLines(api, printed, from)) {
        if (isKnown && line.at <= last) continue
        isKnown = false
        last = line.at
        yield { instance: printed.pod, ...line }
      }
    } catch (error) {
      signal.throwIfAborted()
      if (isForbidden(error)) throw explain(error, `cannot read the log of ${printed.pod}`)
    }
    if (!follow || !isThere()) return
    await clock.sleep(NEW_PODS_MS, signal)
    if (last !== '') from = { follow, signal, since: last }
  }
}

type LogRequestOf = Parameters<typeof podLines>[2]
