import { shorten } from '../../core/shorten.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import { linesOf } from '../docker/lines.ts'
import { lastLines } from '../docker/log.ts'
import type { KubernetesApi } from './api.ts'
import { isForbidden } from './errors.ts'
import { type Printed } from './instance-id.ts'

const LONGEST_TOLD = 8000
const READ_MS = 10_000

/** Last lines of what a container of a pod printed, oldest first; of one that crashed and runs again, those of before. */
export async function readPodLog(
  api: KubernetesApi,
  printed: Printed,
  lines: number,
): Promise<string[]> {
  const { pod, container, previous } = printed
  const read = async (isBefore: boolean) =>
    lastLines(
      await api.log(pod, {
        container,
        tailLines: lines,
        ...(isBefore ? { previous: true } : {}),
        signal: AbortSignal.timeout(READ_MS),
      }),
      lines,
    )
  try {
    const first = await read(previous).catch((error: unknown) => {
      // the container before is gone already
      if (!previous || isForbidden(error)) throw error
      return read(false)
    })
    return first
  } catch (error) {
    return isForbidden(error)
      ? [
          '(the log may not be read: the Role lacks { apiGroups: [""], resources: [pods/log], verbs: [get] })',
        ]
      : []
  }
}

/** What a container of a pod prints, with the moment of each line. Throws `ApiError`. */
export async function* podLines(
  api: KubernetesApi,
  { pod, container }: Pick<Printed, 'pod' | 'container'>,
  {
    tail,
    since,
    follow,
    signal,
  }: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const raw = await api.log(pod, {
    container,
    ...(tail === undefined ? {} : { tailLines: tail }),
    ...(since === undefined ? {} : { sinceTime: since }),
    timestamps: true,
    follow,
    signal,
  })
  for await (const line of linesOf(raw, 4 * LONGEST_TOLD)) {
    const end = line.indexOf(' ')
    yield { at: line.slice(0, end), text: shorten(line.slice(end + 1), LONGEST_TOLD) }
  }
}
