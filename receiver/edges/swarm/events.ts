import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { Clock } from '../../core/clock.ts'
import { JSON_LINE_BYTES, linesOf } from '../docker/lines.ts'

const AGAIN_MS = 5000

/**
 * Tells of each change of a service that a manager makes, whoever ordered it, until the signal aborts. An engine that is no manager has
 * none to tell of.
 */
export async function followServices(
  { docker, clock }: { docker: Docker; clock: Pick<Clock, 'sleep'> },
  changed: (service: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const filters = { type: ['service' as const], event: ['create', 'update', 'remove'] }
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({
        filters,
        abortSignal: signal,
      })) as unknown as Readable
      for await (const line of linesOf(stream, JSON_LINE_BYTES)) {
        const { Actor } = JSON.parse(line) as { Actor?: { Attributes?: { name?: string } } }
        const name = Actor?.Attributes?.name
        if (name !== undefined) changed(name)
      }
    } catch {
      // the engine is away: whoever follows its containers looks at all apps when it is back
    }
    await clock.sleep(AGAIN_MS, signal).catch(() => {})
  }
}
