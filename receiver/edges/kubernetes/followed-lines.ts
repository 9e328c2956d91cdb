import type { Clock } from '../../core/clock.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import type { KubernetesApi } from './api.ts'
import { explain, isForbidden } from './errors.ts'
import { podLines } from './pod-log.ts'

/** A pod is looked for again so often while its log is followed. */
export const NEW_PODS_MS = 1000

/**
 * What a pod prints. One that is followed is asked again when its log ends, as long as it is there: it may not have started yet, or start
 * anew, and a stream that is silent is cut after some minutes. What cannot be had of one pod is no matter of the others.
 */
export async function* linesOf(
  api: KubernetesApi,
  printed: { pod: string; container: string },
  {
    clock,
    isThere,
    ...options
  }: LogRequestOf & { clock: Pick<Clock, 'sleep'>; isThere: () => boolean },
): AsyncGenerator<LogLine & { instance: string }> {
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
